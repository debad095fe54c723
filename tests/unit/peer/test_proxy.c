/* Row W2: which proxy TCP goes through, and for which endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "lanparty/peer/link.h"
#include "lanparty/peer/proxy.h"

#ifdef _WIN32
static void set_variable(const char *name, const char *value)
{
	char text[200];
	snprintf(text, sizeof(text), "%s=%s", name, value ? value : "");
	putenv(strdup(text));
}
#else
static void set_variable(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}
#endif

static void a_url_names_host_port_user_and_password(void **state)
{
	(void)state;
	static const struct {
		const char *url, *host;
		unsigned port;
		const char *authorization;
	} rows[] = {
		{"http://proxy.example:3128", "proxy.example", 3128, ""},
		{"http://proxy.example:3128/", "proxy.example", 3128, ""},
		{"proxy.example:8888", "proxy.example", 8888, ""},
		{"http://proxy.example", "proxy.example", 80, ""},
		{"http://192.0.2.1:443", "192.0.2.1", 443, ""},
		{"http://[2001:db8::1]", "2001:db8::1", 80, ""},
		{"http://[2001:db8::1]:3128", "2001:db8::1", 3128, ""},
		/* RFC 7617, section 2 */
		{"http://Aladdin:open%20sesame@p:1", "p", 1, "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
		{"http://a:b@p:1", "p", 1, "YTpi"},
		{"http://a@p:1", "p", 1, "YTo="},
		{"http://a:b@c@p:1", "p", 1, "YTpiQGM="}, /* the last @ ends the password */
		{"http://a:%C3%BF%40@p:1", "p", 1, "YTrDv0A="},
		{"none", "", 0, ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_carrier_proxy proxy;
		if (!lp_proxy_parse(rows[i].url, &proxy))
			fail_msg("refused: %s", rows[i].url);
		assert_string_equal(proxy.host, rows[i].host);
		assert_int_equal(proxy.port, rows[i].port);
		assert_string_equal(proxy.authorization, rows[i].authorization);
	}
}

static void other_urls_are_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "http://", "https://proxy:3128",
		"socks5://proxy:1080", "http://proxy:0", "http://proxy:65536",
		"http://proxy:3128/path", "http://@proxy", "http://a:%4@proxy",
		"http://a:%zz@proxy", "http://a:%0d%0aX@proxy", "http://a\n@proxy",
		"http://2001:db8::1:80", "http://pro xy"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_carrier_proxy proxy;
		if (lp_proxy_parse(rows[i], &proxy))
			fail_msg("taken: %s", rows[i]);
	}
}

static bool takes_user(size_t len)
{
	char url[400] = "";
	struct lp_carrier_proxy proxy;
	memset(url, 'u', len);
	url[1] = ':';
	memcpy(url + len, "@p:1", 5);
	return lp_proxy_parse(url, &proxy);
}

static void user_and_password_have_256_bytes_at_most(void **state)
{
	(void)state;
	assert_true(takes_user(256));
	assert_false(takes_user(257));
	char url[400] = ""; /* with the colon that is added */
	struct lp_carrier_proxy proxy;
	memset(url, 'u', 256);
	memcpy(url + 256, "@p:1", 5);
	assert_false(lp_proxy_parse(url, &proxy));
	assert_true(lp_proxy_parse(url + 1, &proxy));
}

static void no_proxy_names_hosts_and_domains(void **state)
{
	(void)state;
	static const struct {
		const char *list, *host;
		bool exempt;
	} rows[] = {
		{"relay.example", "relay.example", true},
		{"relay.example", "Relay.Example", true},
		{"example", "relay.example", true},
		{".example", "relay.example", true},
		{"lay.example", "relay.example", false},
		{"relay.example", "example", false},
		{"localhost, 192.0.2.1\texample", "relay.example", true},
		{"localhost,192.0.2.1", "192.0.2.1", true},
		{"localhost,192.0.2.1", "192.0.2.10", false},
		{"*", "relay.example", true},
		{"*.example", "relay.example", false},
		{"", "relay.example", false},
		{" , .,", "relay.example", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (lp_proxy_is_exempt(rows[i].list, rows[i].host) != rows[i].exempt)
			fail_msg("%s with %s", rows[i].host, rows[i].list);
}

static size_t warnings;

static void count_line(void *context, const char *line, size_t len)
{
	(void)context;
	(void)line;
	(void)len;
	warnings++;
}

static struct lp_peer_options options;

static int begin(void **state)
{
	(void)state;
	static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"};
	for (size_t i = 0; i < 4; i++)
		set_variable(names[i], NULL);
	options = (struct lp_peer_options){.relay = {"relay.example", 443},
		.also = {{"other.test", 4500}},
		.also_count = 1,
		.server_name = "name.example"};
	warnings = 0;
	lp_log_set(LP_LOG_WARNING, LP_LOG_TEXT);
	lp_log_to(count_line, NULL);
	return 0;
}

static void the_option_comes_before_the_environment(void **state)
{
	(void)state;
	set_variable("HTTPS_PROXY", "http://env.example:3128");
	set_variable("no_proxy", "other.test");
	assert_true(lp_proxy_choose(&options, true));
	assert_string_equal(options.proxy.host, "env.example");
	assert_true(lp_proxy_leads_to(&options, 0));
	assert_false(lp_proxy_leads_to(&options, 1));
	set_variable("https_proxy", "http://lower.example:3128");
	assert_true(lp_proxy_choose(&options, true));
	assert_string_equal(options.proxy.host, "lower.example");

	options.proxy_given = "http://given.example:8888";
	assert_true(lp_proxy_choose(&options, true));
	assert_string_equal(options.proxy.host, "given.example");
	begin(NULL);
	set_variable("https_proxy", "http://env.example:3128");
	options.proxy_given = "none";
	assert_true(lp_proxy_choose(&options, true));
	assert_false(lp_proxy_leads_to(&options, 0));
	options.proxy_given = "socks5://given.example:1080";
	assert_false(lp_proxy_choose(&options, true));
}

/* Other programs can use such a one. */
static void a_proxy_of_another_kind_in_the_environment_is_ignored(void **state)
{
	(void)state;
	set_variable("https_proxy", "socks5://env.example:1080");
	assert_true(lp_proxy_choose(&options, true));
	assert_false(lp_proxy_leads_to(&options, 0));
	assert_int_equal(warnings, 1);
	assert_true(lp_proxy_choose(&options, false));
	options.no_tcp = true;
	assert_true(lp_proxy_choose(&options, true));
	assert_int_equal(warnings, 1);
	set_variable("https_proxy", "http://env.example:3128");
	options.no_tcp = false;
	assert_true(lp_proxy_choose(&options, false));
	assert_false(lp_proxy_leads_to(&options, 0));
}

static void a_target_has_the_name_that_only_the_proxy_need_resolve(void **state)
{
	(void)state;
	struct lp_carrier_target target;
	struct lp_host host;
	lp_proxy_target(&options, 1, &target);
	assert_string_equal(target.server_name, "name.example");
	assert_string_equal(target.host, "other.test");
	assert_int_equal(target.port, 4500);
	assert_null(target.proxy);
	options.proxy_given = "http://u:p@given.example:8888";
	assert_true(lp_proxy_choose(&options, false));
	lp_proxy_target(&options, 1, &target);
	assert_string_equal(target.host, "other.test");
	assert_string_equal(target.proxy->host, "given.example");
	lp_proxy_host(&options, LP_LINK_PROXY, &host);
	assert_string_equal(host.name, "given.example");
	assert_int_equal(host.port, 8888);
	lp_proxy_host(&options, 1, &host);
	assert_string_equal(host.name, "other.test");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_names_host_port_user_and_password),
		cmocka_unit_test(other_urls_are_refused),
		cmocka_unit_test(user_and_password_have_256_bytes_at_most),
		cmocka_unit_test(no_proxy_names_hosts_and_domains),
		cmocka_unit_test_setup(the_option_comes_before_the_environment, begin),
		cmocka_unit_test_setup(
			a_proxy_of_another_kind_in_the_environment_is_ignored, begin),
		cmocka_unit_test_setup(
			a_target_has_the_name_that_only_the_proxy_need_resolve, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
