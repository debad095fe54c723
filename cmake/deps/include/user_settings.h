/* user_settings.h - what wolfSSL is built with, on Linux and Windows alike. Preprocessor directives
 * only: the assembly files include it too. */
#ifndef LANPARTY_USER_SETTINGS_H
#define LANPARTY_USER_SETTINGS_H
/* --- QUIC / TLS 1.3 only --- */
#define WOLFSSL_QUIC
#define WOLFSSL_TLS13
#define WOLFSSL_NO_TLS12
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define HAVE_ALPN
#define HAVE_SESSION_TICKET
#define HAVE_HKDF
#define HAVE_EX_DATA
#define OPENSSL_EXTRA
#define WC_RSA_PSS
#define WOLFSSL_PSS_LONG_SALT
#define KEEP_PEER_CERT
#define HAVE_KEYING_MATERIAL
/* --- algorithms --- */
#define HAVE_AESGCM
#define HAVE_AES_ECB
#define WOLFSSL_AES_COUNTER
#define WOLFSSL_AES_DIRECT
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ECC
#define ECC_SHAMIR
#define ECC_TIMING_RESISTANT
#define TFM_TIMING_RESISTANT
#define WC_RSA_BLINDING
#define HAVE_CURVE25519
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define HAVE_HASHDRBG
#define NO_MD4
#define NO_MD5
#define NO_RC4
#define NO_DES3
#define NO_DES3_TLS_SUITES
#define NO_DSA
#define NO_DH
#define NO_PSK
#define NO_PKCS12
#define WOLFSSL_NO_SHAKE128
#define WOLFSSL_NO_SHAKE256
/* --- certificates --- */
#define WOLFSSL_ASN_TEMPLATE
#define WOLFSSL_CERT_GEN
#define WOLFSSL_CERT_EXT
#define WOLFSSL_KEY_GEN
#define WOLFSSL_ALT_NAMES
#define WOLFSSL_IP_ALT_NAME
#define WOLFSSL_BASE64_ENCODE
#define WOLFSSL_SYS_CA_CERTS
/* --- math --- */
#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_HAVE_SP_RSA
#ifdef __x86_64__
#define WOLFSSL_X86_64_BUILD
#define WOLFSSL_SP_X86_64
#define WOLFSSL_AESNI
#define WOLFSSL_USE_ALIGN
#ifdef _WIN64
/* .S files are System V ABI: only the AES ones are declared through XASM_LINK */
#ifndef __ASSEMBLER__
#define XASM_LINK(f) __asm__(f) __attribute__((sysv_abi))
#endif
#define HAVE_INTEL_AVX1
#define HAVE_INTEL_AVX2
#else
#define USE_INTEL_SPEEDUP
#define WOLFSSL_SP_X86_64_ASM
#endif
#endif
#define HAVE___UINT128_T 1
#define WOLFSSL_HAVE_ATOMIC_H
#define HAVE_C___ATOMIC 1
#define HAVE_THREAD_LS
#ifndef _WIN32
#define HAVE_PTHREAD 1
#endif
#define ERROR_QUEUE_PER_THREAD
#define GCM_TABLE_4BIT
#define WC_NO_ASYNC_THREADING
#define NO_DO178
#define HAVE_SYS_TIME_H
#endif
