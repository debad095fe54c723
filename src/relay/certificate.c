#include "certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lanparty/base/date.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/output.h"
#include "pem.h"

#define PEM_MAX     65536 /* a leaf and a few intermediates are under 10 KiB */
#define OWN_PEM_MAX 4096  /* of a certificate or key that is made here */
#define DAY         86400
#define SOON        (14 * DAY) /* an expiry is warned of so long before */
#define RENEW                                                                                      \
	"players whose invite has no pin cannot join once it has expired: put a renewed "          \
	"certificate into the same files, then restart the service (systemctl restart "            \
	"lanparty-relay), or send SIGHUP to a relay that is not a service"

static void log_failure(const char *file, int error)
{
	lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s hint=%s", file, strerror(error),
		error == EEXIST ? "a certificate is never replaced: choose another name"
				: "choose a place that can be written");
}

static bool replace_file(const char *file, mode_t mode, const void *bytes, size_t len)
{
	bool good = lp_file_make_folders(file) && lp_file_replace(file, mode, bytes, len);
	if (!good)
		log_failure(file, errno);
	return good;
}

static bool create_file(const char *file, mode_t mode, const char *text, bool *ret_made)
{
	*ret_made = false;
	bool good = lp_file_make_folders(file) &&
		    lp_file_create(file, mode, text, strlen(text), ret_made);
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

/* Never advises a new certificate where there is one: all invites contain the old one's pin. */
static const char *hint_for(enum keyholder_file file, int error)
{
	switch (error) {
	case ENOENT:
		return file == KEYHOLDER_KEY
			       ? "the key is not there: name the right file with --key, or restore "
				 "it "
				 "from a copy; the certificate is of no use without it"
			       : "the certificate is not there: name the right file with --cert, "
				 "or "
				 "restore it from a copy";
	case EACCES:
		return "the relay must be able to read it: start the relay as root, which it gives "
		       "up, or let its user read the file (chgrp, chmod g+r, and x on the folders)";
	case ECHILD:
	case EPIPE:
	case ECONNRESET:
		return "the relay's child that opens it has ended: restart the relay";
	case EISDIR:
		return "it is a folder: name the PEM file in it";
	case EFBIG:
		return "it is too long for a certificate or a key: name the right file";
	default:
		return "see whether the file is whole, or restore it from a copy";
	}
}

/* A relay that runs has a certificate, wherever its files are. */
static bool has_none(const struct keyholder *k)
{
	return !k->running && access(k->files[KEYHOLDER_CERT], F_OK) != 0 && errno == ENOENT &&
	       access(k->files[KEYHOLDER_KEY], F_OK) != 0 && errno == ENOENT;
}

static void log_unreadable(const struct keyholder *k, enum keyholder_file file, int error)
{
	bool none = error == ENOENT && has_none(k);
	lp_log(LP_LOG_ERROR, none ? "certificate_missing" : "certificate_unreadable",
		"file=%s reason=%s hint=%s", k->files[file], strerror(error),
		none ? "new-cert makes a certificate and its key" : hint_for(file, error));
}

static void warn_if_open(const char *file, int fd)
{
	struct stat st;
	char mode[8];
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0007))
		return;
	snprintf(mode, sizeof(mode), "%04o", (unsigned)(st.st_mode & 07777));
	lp_log(LP_LOG_WARNING, "key_open_to_all", "file=%s mode=%s hint=%s", file, mode,
		"every user of this computer can read or change the key: chmod o-rwx");
}

static bool read_all(int fd, char text[PEM_MAX], size_t *ret_len)
{
	int flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK); /* a pipe's writer can be slow */
	return lp_file_read(fd, text, PEM_MAX, ret_len);
}

/* Reads the whole file; logs errors. */
static bool read_pem(
	struct keyholder *k, enum keyholder_file file, char text[PEM_MAX], size_t *ret_len)
{
	int fd = keyholder_open(k, file);
	int error = fd >= 0 && read_all(fd, text, ret_len) ? 0 : errno;
	if (fd >= 0 && file == KEYHOLDER_KEY)
		warn_if_open(k->files[file], fd);
	if (fd >= 0)
		close(fd);
	if (error == 0)
		return true;
	log_unreadable(k, file, error);
	return false;
}

static void log_unusable(const struct keyholder *k, enum keyholder_file file, const char *problem)
{
	lp_log(LP_LOG_ERROR, "certificate_unusable", "file=%s reason=%s", k->files[file], problem);
}

static struct lp_identity *identity_of(const struct keyholder *k, const char *cert, size_t cert_len,
	const char *key, size_t key_len)
{
	const char *error;
	const char *problem = pem_certificate_problem(cert, cert_len);
	if (problem) {
		log_unusable(k, KEYHOLDER_CERT, problem);
		return NULL;
	}
	problem = pem_key_problem(key, key_len);
	if (problem) {
		log_unusable(k, KEYHOLDER_KEY, problem);
		return NULL;
	}
	struct lp_identity *identity = lp_identity_load(cert, cert_len, key, key_len, &error);
	if (!identity)
		lp_log(LP_LOG_ERROR, "certificate_unusable", "cert=%s key=%s reason=%s hint=%s",
			k->files[KEYHOLDER_CERT], k->files[KEYHOLDER_KEY], error,
			"the two files must have been made together, and the certificate itself "
			"must stand before its chain: restore both from the same copy");
	return identity;
}

struct lp_identity *certificate_load(struct keyholder *k, enum lp_exit *ret_exit)
{
	struct lp_identity *identity = NULL;
	size_t cert_len = 0, key_len = 0;
	char *cert = malloc(PEM_MAX), *key = malloc(PEM_MAX);
	*ret_exit = LP_EXIT_INTERNAL;
	if (!cert || !key) {
		lp_log(LP_LOG_ERROR, "out_of_memory", "bytes=%u", PEM_MAX);
	} else {
		*ret_exit = LP_EXIT_NO_INPUT;
		if (read_pem(k, KEYHOLDER_CERT, cert, &cert_len) &&
			read_pem(k, KEYHOLDER_KEY, key, &key_len))
			identity = identity_of(k, cert, cert_len, key, key_len);
	}
	lp_zero_free(key, PEM_MAX);
	free(cert);
	return identity;
}

void certificate_check_dates(const struct lp_dates *dates, int64_t now)
{
	char from[LP_DATE_TEXT], until[LP_DATE_TEXT];
	lp_date_format(dates->from, from);
	lp_date_format(dates->until, until);
	if (now < dates->from)
		lp_log(LP_LOG_WARNING, "certificate_early", "from=%s hint=%s", from,
			"the certificate is not valid yet, or this computer's clock is behind: "
			"players whose invite has no pin cannot join");
	else if (now > dates->until)
		lp_log(LP_LOG_WARNING, "certificate_expired", "until=%s hint=%s", until, RENEW);
	else if (now > dates->until - SOON)
		lp_log(LP_LOG_WARNING, "certificate_expires_soon", "until=%s days=%u hint=%s",
			until, (unsigned)((dates->until - now) / DAY), RENEW);
}

/* A file that was written to and not made, such as a FIFO, stays. */
static enum lp_exit store(
	const struct lp_identity *identity, const char *cert_file, const char *key_file)
{
	char cert[OWN_PEM_MAX], key[OWN_PEM_MAX];
	bool key_made, cert_made;
	enum lp_exit code = LP_EXIT_CANNOT_CREATE;
	if (!lp_identity_pem(identity, cert, sizeof(cert), key, sizeof(key))) {
		lp_log(LP_LOG_ERROR, "certificate_failed", "reason=%s",
			"the new certificate or its key is longer than it can be");
		code = LP_EXIT_INTERNAL;
	} else if (create_file(key_file, 0600, key, &key_made)) {
		if (create_file(cert_file, 0644, cert, &cert_made))
			code = LP_EXIT_OK;
		else if (key_made)
			unlink(key_file);
	}
	lp_zero(key, sizeof(key));
	return code;
}

enum lp_exit certificate_store(
	const char *name, const char *cert_file, const char *key_file, uint8_t ret_pin[LP_PIN_SIZE])
{
	enum lp_exit code = LP_EXIT_CANNOT_CREATE;
	struct lp_identity *identity = certificate_make(name, NULL, &code);
	if (!identity)
		return code;
	code = store(identity, cert_file, key_file);
	if (code == LP_EXIT_OK)
		lp_identity_pin(identity, ret_pin);
	lp_identity_free(identity);
	return code;
}

enum lp_exit certificate_create(const char *name, const char *cert_file, const char *key_file)
{
	uint8_t pin[LP_PIN_SIZE];
	char text[LP_PIN_TEXT];
	enum lp_exit code = certificate_store(name, cert_file, key_file, pin);
	if (code != LP_EXIT_OK)
		return code;
	printf("%s\n", lp_pin_format(pin, text));
	if (lp_output_good())
		return LP_EXIT_OK;
	lp_log(LP_LOG_ERROR, "pin_not_shown", "hint=%s",
		"the certificate and its key are written: the relay logs the pin when it starts");
	return LP_EXIT_IO;
}
