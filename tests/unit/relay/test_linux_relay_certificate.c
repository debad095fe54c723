/* What the relay says of its certificate's dates, and of files that are no PEM. */
#include "certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "pem.h"

#define DAY 86400
#define NOW INT64_C(1796000000) /* 2026-11-30 */

static char said[1000];

static void take(void *context, const char *line, size_t len)
{
	(void)context;
	snprintf(said, sizeof(said), "%.*s", (int)len, line);
}

static const char *say(int64_t from, int64_t until)
{
	said[0] = 0;
	certificate_check_dates(&(struct lp_dates){from, until}, NOW);
	return said;
}

static void an_expiry_is_told_two_weeks_before(void **state)
{
	(void)state;
	lp_log_to(take, NULL);
	assert_string_equal(say(NOW, NOW + 14 * DAY), "");
	assert_non_null(strstr(say(NOW, NOW + 14 * DAY - 1), "event=certificate_expires_soon"));
	assert_non_null(strstr(said, "days=13"));
	assert_non_null(strstr(say(NOW - DAY, NOW), "event=certificate_expires_soon"));
	assert_non_null(strstr(say(NOW - DAY, NOW - 1), "event=certificate_expired"));
	assert_non_null(strstr(said, "until=2026-11-30"));
	assert_non_null(strstr(say(NOW + 1, NOW + 99 * DAY), "event=certificate_early"));
	lp_log_to(NULL, NULL);
}

static void each_wrong_file_is_recognised(void **state)
{
	(void)state;
	static const struct {
		const char *text, *certificate, *key;
	} rows[] = {
		{"", "is empty", "is empty"},
		{"-----BEGIN CERTIFICATE-----\n", NULL, "holds a certificate"},
		{"-----BEGIN PRIVATE KEY-----\n", "holds a private key", NULL},
		{"-----BEGIN EC PRIVATE KEY-----\n", "holds a private key", NULL},
		{"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "holds a private key", "is encrypted"},
		{"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "holds a private key",
			"is encrypted"},
		{"-----BEGIN PUBLIC KEY-----\n", "holds no certificate", "holds a public key"},
		{"-----BEGIN CERTIFICATE REQUEST-----\n", "a request", "no private key"},
		{"0\x82\x01", "is DER", "is DER"},
		{"hello", "holds no certificate", "no private key"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = rows[i].text;
		const char *c = pem_certificate_problem(text, strlen(text));
		const char *k = pem_key_problem(text, strlen(text));
		assert_true(rows[i].certificate ? c && strstr(c, rows[i].certificate) : !c);
		assert_true(rows[i].key ? k && strstr(k, rows[i].key) : !k);
	}
	/* both in one file is usual, and good */
	static const char both[] = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
	assert_null(pem_certificate_problem(both, sizeof(both) - 1));
	assert_null(pem_key_problem(both, sizeof(both) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expiry_is_told_two_weeks_before),
		cmocka_unit_test(each_wrong_file_is_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
