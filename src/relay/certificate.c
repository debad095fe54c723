#include "certificate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/output.h"

#define PEM_MAX 65536 /* a leaf and a few intermediates are under 10 KiB */

static bool make_folders(const char *file)
{
	char *path = strdup(file);
	bool good = path != NULL;
	for (char *p = path ? path + 1 : NULL; good && p && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		good = mkdir(path, 0755) == 0 || errno == EEXIST;
		*p = '/';
	}
	free(path);
	return good;
}

static void log_failure(const char *file, int error)
{
	lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s hint=%s", file, strerror(error),
		error == EEXIST ? "a certificate is never replaced: choose another name"
				: "choose a place that can be written");
}

static bool replace_file(const char *file, mode_t mode, const void *bytes, size_t len)
{
	bool good = make_folders(file) && lp_file_replace(file, mode, bytes, len);
	if (!good)
		log_failure(file, errno);
	return good;
}

static bool create_file(const char *file, mode_t mode, const char *text, bool *ret_made)
{
	*ret_made = false;
	bool good = make_folders(file) && lp_file_create(file, mode, text, strlen(text), ret_made);
	if (!good)
		log_failure(file, errno);
	return good;
}

struct lp_identity *certificate_make(const char *name, const char *der_file, enum lp_exit *ret_exit)
{
	struct lp_identity *identity = lp_identity_new(name, (int64_t)time(NULL));
	if (!identity) {
		lp_log(LP_LOG_ERROR, "certificate_failed", "reason=%s",
			"the TLS library could not make a certificate with this name");
		*ret_exit = LP_EXIT_INTERNAL;
		return NULL;
	}
	size_t len;
	const uint8_t *der = lp_identity_der(identity, &len);
	if (der_file && !replace_file(der_file, 0644, der, len)) {
		lp_identity_free(identity);
		*ret_exit = LP_EXIT_CANNOT_CREATE;
		return NULL;
	}
	return identity;
}

/* Reads the whole file into a new buffer of PEM_MAX + 1 bytes; logs errors. */
static char *read_file(const char *file, size_t *ret_len)
{
	FILE *in = fopen(file, "rbe");
	char *text = in ? malloc(PEM_MAX + 1) : NULL;
	const char *reason = in ? "out of memory" : strerror(errno);
	if (text) {
		setvbuf(in, NULL, _IONBF, 0); /* no second copy, which nobody would wipe */
		*ret_len = fread(text, 1, PEM_MAX + 1, in);
		reason = ferror(in)           ? "it cannot be read"
			 : *ret_len > PEM_MAX ? "it is too long"
					      : NULL;
	}
	if (in)
		fclose(in);
	if (!reason)
		return text;
	lp_zero_free(text, PEM_MAX + 1);
	lp_log(LP_LOG_ERROR, "certificate_missing", "file=%s reason=%s hint=%s", file, reason,
		"new-cert makes a certificate and its key");
	return NULL;
}

struct lp_identity *certificate_load(
	const char *cert_file, const char *key_file, enum lp_exit *ret_exit)
{
	size_t cert_len = 0, key_len = 0;
	const char *error;
	struct lp_identity *identity = NULL;
	char *cert = read_file(cert_file, &cert_len);
	char *key = cert ? read_file(key_file, &key_len) : NULL;
	if (key) {
		identity = lp_identity_load(cert, cert_len, key, key_len, &error);
		if (!identity)
			lp_log(LP_LOG_ERROR, "certificate_unusable", "cert=%s key=%s reason=%s",
				cert_file, key_file, error);
	}
	lp_zero_free(key, PEM_MAX + 1);
	free(cert);
	*ret_exit = LP_EXIT_NO_INPUT;
	return identity;
}

static enum lp_exit print_pin(const struct lp_identity *identity)
{
	uint8_t pin[LP_PIN_SIZE];
	char text[LP_PIN_TEXT];
	lp_identity_pin(identity, pin);
	printf("%s\n", lp_pin_format(pin, text));
	if (lp_output_good())
		return LP_EXIT_OK;
	lp_log(LP_LOG_ERROR, "pin_not_shown", "hint=%s",
		"the certificate and its key are written: the relay logs the pin when it starts");
	return LP_EXIT_IO;
}

enum lp_exit certificate_create(const char *name, const char *cert_file, const char *key_file)
{
	char cert[4096], key[4096];
	bool key_made, cert_made;
	enum lp_exit code = LP_EXIT_CANNOT_CREATE;
	struct lp_identity *identity = certificate_make(name, NULL, &code);
	if (!identity)
		return code;
	code = LP_EXIT_CANNOT_CREATE;
	if (lp_identity_pem(identity, cert, sizeof(cert), key, sizeof(key)) &&
		create_file(key_file, 0600, key, &key_made)) {
		if (create_file(cert_file, 0644, cert, &cert_made))
			code = print_pin(identity);
		else if (key_made)
			unlink(key_file);
	}
	lp_zero(key, sizeof(key));
	lp_identity_free(identity);
	return code;
}
