/* A firewall that judges a bridge's frames is said at the start. */
#include "linux_lan.h"
#include "linux_log.h"

#include "firewall.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CALLS        "/proc/sys/net/bridge/bridge-nf-call-"

static void set_calls(const char *value)
{
	write_text(CALLS "iptables", value);
	write_text(CALLS "ip6tables", value);
	write_text(CALLS "arptables", value);
}

static int build_bridge(void **state)
{
	(void)state;
	if (!in_namespace)
		return 0;
	run("ip link add br0 type bridge");
	set_calls("0");
	catch_log();
	return 0;
}

static int remove_bridge(void **state)
{
	(void)state;
	release_log();
	if (in_namespace)
		run("nft flush ruleset && ip link del br0");
	return 0;
}

static struct lp_interface bridge(void)
{
	struct lp_interface found;
	assert_int_equal(lp_netlink_find("br0", &found), 0);
	return found;
}

#define CHAIN_OF(family, name, hook, policy)                                                       \
	"nft 'table " family " f { chain " name " { type filter hook " hook                        \
	" priority 0; policy " policy "; }; }'"
#define CHAIN(family, hook, policy) CHAIN_OF(family, "c", hook, policy)
#define WARNS                       "level=warning event=bridge_firewall interface=br0 family="

static const struct {
	const char *story, *make, *calls;
	const char *says; /* NULL: nothing */
} rules[] = {
	{"docker's", CHAIN("ip", "forward", "drop"), "1", WARNS "ip chain=c"},
	{"without br_netfilter", CHAIN("ip", "forward", "drop"), "0", NULL},
	{"the bridge's own switch",
		CHAIN("ip", "forward", "drop") " && ip link set br0 type bridge nf_call_iptables 1",
		"0", WARNS "ip chain=c"},
	{"for IPv6", CHAIN("ip6", "forward", "drop"), "1", WARNS "ip6 chain=c"},
	{"for both", CHAIN("inet", "forward", "drop"), "1", WARNS "inet chain=c"},
	{"before the bridge", CHAIN("ip", "prerouting", "drop"), "1", WARNS "ip chain=c"},
	{"for the computer itself", CHAIN("ip", "input", "drop"), "1", NULL},
	{"for bridges, without br_netfilter", CHAIN("bridge", "forward", "drop"), "0",
		WARNS "bridge chain=c"},
	{"accepts", CHAIN("ip", "forward", "accept"), "1", NULL},
	{"docker's, with the command that helps", CHAIN_OF("ip", "FORWARD", "forward", "drop"), "1",
		"iptables -I FORWARD -i br0 -o br0 -j ACCEPT"},
	{"a policy comes before rules",
		CHAIN("inet", "forward", "accept") " && nft add rule inet f c reject && " CHAIN(
			"ip", "forward", "drop"),
		"1", WARNS "ip chain=c"},
	{"a rule, such as firewalld's",
		CHAIN("inet", "forward", "accept") " && nft add rule inet f c reject", "1",
		"level=info event=bridge_firewall interface=br0 family=inet chain=c"},
};

static void what_drops_the_bridges_frames_is_said(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	if (access(CALLS "iptables", F_OK) != 0) {
		print_message("skipped: this kernel has no br_netfilter\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(rules); i++) {
		logged[0] = '\0';
		run("nft flush ruleset && ip link set br0 type bridge nf_call_iptables 0");
		set_calls(rules[i].calls);
		run(rules[i].make);
		struct lp_interface br0 = bridge();
		lp_firewall_check(&br0);
		bool good =
			rules[i].says ? strstr(logged, rules[i].says) != NULL : logged[0] == '\0';
		if (!good)
			fail_msg("%s: %s", rules[i].story, logged);
	}
	set_calls("0");
}

/* What iptables uses where it was not moved to nf_tables. */
static void policies_of_the_older_interface_are_said(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	if (access(CALLS "iptables", F_OK) != 0 ||
		system("iptables-legacy -L >/dev/null 2>&1") != 0) { /* NOLINT: the test's own */
		print_message("skipped: this kernel has no br_netfilter, or no such tables\n");
		skip();
	}
	struct lp_interface br0 = bridge();
	set_calls("1");
	lp_firewall_check(&br0);
	assert_string_equal(logged, "");
	run("iptables-legacy -P FORWARD DROP && iptables-legacy -A FORWARD -j ACCEPT");
	lp_firewall_check(&br0);
	assert_non_null(strstr(logged, WARNS "ip chain=FORWARD"));
	assert_int_equal(times_logged("event="), 1);
	run("ip6tables-legacy -P FORWARD DROP");
	lp_firewall_check(&br0);
	assert_non_null(strstr(logged, WARNS "ip6 chain=FORWARD"));
	set_calls("0");
	catch_log();
	lp_firewall_check(&br0);
	assert_string_equal(logged, "");
	run("iptables-legacy -P FORWARD ACCEPT && iptables-legacy -F && "
	    "ip6tables-legacy -P FORWARD ACCEPT");
}

static void many_chains_are_said_in_few_sentences(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	for (char name = 'a'; name < 'k'; name++) {
		char command[160];
		snprintf(command, sizeof(command),
			"nft 'table bridge f { chain %c { type filter hook forward priority 0; "
			"policy drop; }; }'",
			name);
		run(command);
	}
	struct lp_interface br0 = bridge();
	lp_firewall_check(&br0);
	assert_int_equal(times_logged("event=bridge_firewall"), 4);
}

static void a_firewall_that_is_turned_on_later_is_said(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	const struct lp_firewall none = {0}, all = {true, true, true}, one = {.iptables = true};
	struct lp_interface br0 = bridge();
	lp_firewall_compare(&br0, &all, &one);
	lp_firewall_compare(&br0, &none, &none);
	assert_string_equal(logged, "");
	lp_firewall_compare(&br0, &none, &one);
	assert_non_null(strstr(logged, "event=bridge_firewall interface=br0"));
}

#define FIREWALL_TEST(function)                                                                    \
	cmocka_unit_test_setup_teardown(function, build_bridge, remove_bridge)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIREWALL_TEST(what_drops_the_bridges_frames_is_said),
		FIREWALL_TEST(policies_of_the_older_interface_are_said),
		FIREWALL_TEST(many_chains_are_said_in_few_sentences),
		FIREWALL_TEST(a_firewall_that_is_turned_on_later_is_said),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
