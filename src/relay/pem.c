#include "pem.h"

#include <stdbool.h>
#include <string.h>

#define DER_SEQUENCE 0x30

static bool has(const char *text, size_t len, const char *part)
{
	return memmem(text, len, part, strlen(part));
}

static bool is_der(const char *text, size_t len)
{
	return len > 0 && text[0] == DER_SEQUENCE;
}

const char *pem_certificate_problem(const char *text, size_t len)
{
	if (len == 0)
		return "it is empty: restore it from a copy";
	if (has(text, len, "-----BEGIN CERTIFICATE-----"))
		return NULL;
	if (has(text, len, "PRIVATE KEY-----"))
		return "it holds a private key, not a certificate: name this file with --key, and "
		       "the certificate's with --cert";
	if (has(text, len, "-----BEGIN CERTIFICATE REQUEST-----"))
		return "it holds a request for a certificate: name the file that the certificate "
		       "authority has sent back";
	if (is_der(text, len))
		return "it is DER, not PEM: convert it with openssl x509 -inform der -in FILE "
		       "-out NEW";
	return "it holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----";
}

const char *pem_key_problem(const char *text, size_t len)
{
	if (len == 0)
		return "it is empty: restore it from a copy";
	if (has(text, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
		has(text, len, "Proc-Type: 4,ENCRYPTED"))
		return "it is encrypted with a password, which nobody can type at start: remove it "
		       "with openssl pkey -in FILE -out NEW";
	if (has(text, len, "PRIVATE KEY-----"))
		return NULL;
	if (has(text, len, "-----BEGIN CERTIFICATE-----"))
		return "it holds a certificate, not its private key: name this file with --cert, "
		       "and the key's with --key";
	if (has(text, len, "PUBLIC KEY-----"))
		return "it holds a public key: name the file with the private one";
	if (is_der(text, len))
		return "it is DER, not PEM: convert it with openssl pkey -inform der -in FILE -out "
		       "NEW";
	return "it holds no private key in PEM";
}
