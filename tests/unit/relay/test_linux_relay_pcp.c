/* PCP, byte by byte (RFC 6887, sections 7 and 11), and with a router on this computer. */
#include "pcp.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct pcp_ask ask_from(const char *own)
{
	struct pcp_ask ask = {
		.nonce = "abcdefghijk", .inner = 8443, .outer = 4433, .seconds = 3600};
	assert_int_equal(inet_pton(AF_INET6, own, &ask.own), 1);
	return ask;
}

static const uint8_t request[PCP_LEAST] = {2, 1, 0, 0, 0, 0, 0x0e, 0x10, /* version, MAP, 3600 s */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 77, 2,       /* own address */
	'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 0,        /* nonce */
	17, 0, 0, 0, 0x20, 0xfb, 0x11, 0x51,                             /* UDP, 8443, 4433 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};           /* any address */

static const uint8_t good[PCP_LEAST] = {2, 0x81, 0, 0, 0, 0, 0x07, 0x08, /* 1800 s */
	0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                  /* its time */
	'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 0,        /* nonce */
	17, 0, 0, 0, 0x20, 0xfb, 0x11, 0x52,                             /* UDP, 8443, 4434 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 11, 7, 7, 10};         /* address of the router */

static void a_request_is_that_of_the_rfc(void **state)
{
	(void)state;
	uint8_t bytes[PCP_REQUEST];
	struct pcp_ask ask = ask_from("::ffff:192.168.77.2");
	assert_int_equal(pcp_write(&ask, bytes), sizeof(request));
	assert_memory_equal(bytes, request, sizeof(request));
	ask.exact = true; /* the option PREFER_FAILURE follows */
	assert_int_equal(pcp_write(&ask, bytes), sizeof(request) + 4);
	assert_memory_equal(bytes, request, sizeof(request));
	assert_memory_equal(bytes + sizeof(request), "\2\0\0\0", 4);
	ask.seconds = 0; /* it is given back, whichever it is */
	pcp_write(&ask, bytes);
	assert_int_equal(bytes[42], 0);
	assert_int_equal(bytes[43], 0);
	assert_memory_equal(bytes + 4, "\0\0\0\0", 4);
	ask = ask_from("2001:db8::2");
	pcp_write(&ask, bytes);
	assert_memory_equal(bytes + 8, &ask.own, 16);
	assert_memory_equal(bytes + 44, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void an_answer_is_read(void **state)
{
	(void)state;
	const struct pcp_ask ask = ask_from("::ffff:192.168.77.2");
	struct pcp_answer a;
	assert_true(pcp_read(&ask, good, sizeof(good), &a));
	assert_int_equal(a.verdict, PCP_OPEN);
	assert_int_equal(a.code, 0);
	assert_int_equal(a.outer, 4434);
	assert_int_equal(a.seconds, 1800);
	assert_true(IN6_IS_ADDR_V4MAPPED(&a.external));
	assert_memory_equal(a.external.s6_addr + 12, "\x0b\7\7\x0a", 4);
}

static void a_refusal_has_its_code_with_and_without_the_rest(void **state)
{
	(void)state;
	const struct pcp_ask ask = ask_from("::ffff:192.168.77.2");
	struct pcp_answer a;
	uint8_t bytes[sizeof(good)];
	memcpy(bytes, good, sizeof(bytes));
	bytes[3] = 2; /* NOT_AUTHORIZED */
	for (size_t len = 24; len <= sizeof(bytes); len += 36) {
		assert_true(pcp_read(&ask, bytes, len, &a));
		assert_int_equal(a.verdict, PCP_REFUSED);
		assert_int_equal(a.code, 2);
	}
}

static void what_is_no_answer_to_the_request_is_skipped(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{1, 1},               /* a request */
		{1, 0x82},            /* to PEER */
		{24, 'x'}, {35, 'x'}, /* another nonce */
		{36, 6},              /* TCP */
		{40, 0}, {41, 0},     /* another port */
	};
	const struct pcp_ask ask = ask_from("::ffff:192.168.77.2");
	struct pcp_answer a = {.outer = 77};
	uint8_t bytes[PCP_MAX + 4] = {0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(bytes, good, sizeof(good));
		bytes[rows[i].at] = rows[i].value;
		assert_false(pcp_read(&ask, bytes, sizeof(good), &a));
	}
	memcpy(bytes, good, sizeof(good));
	for (size_t len = 0; len < sizeof(good); len++)
		assert_false(pcp_read(&ask, bytes, len, &a));
	assert_false(pcp_read(&ask, bytes, sizeof(good) + 1, &a)); /* no multiple of 4 */
	assert_int_equal(a.outer, 77);
	assert_true(pcp_read(&ask, bytes, PCP_MAX, &a));
	assert_false(pcp_read(&ask, bytes, PCP_MAX + 4, &a));
}

static void a_router_that_speaks_nat_pmp_alone_is_silent(void **state)
{
	(void)state;
	uint8_t old[8] = {0, 0x81, 0, 1}; /* unsupported version */
	const struct pcp_ask ask = ask_from("::ffff:192.168.77.2");
	struct pcp_answer a;
	assert_true(pcp_read(&ask, old, sizeof(old), &a));
	assert_int_equal(a.verdict, PCP_SILENT);
	old[1] = 1; /* no answer, but a request to a router */
	assert_false(pcp_read(&ask, old, sizeof(old), &a));
}

/* It answers the third request alone. */
static void play_router(int fd)
{
	uint8_t bytes[PCP_REQUEST + 1];
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	alarm(5);
	for (int i = 0; i < 3; i++)
		if (recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)(void *)&from, &len) !=
			PCP_LEAST)
			_exit(1);
	uint8_t nonce[PCP_NONCE];
	memcpy(nonce, bytes + 24, sizeof(nonce));
	memcpy(bytes, good, sizeof(good));
	memcpy(bytes + 24, nonce, sizeof(nonce));
	sendto(fd, bytes, sizeof(good), 0, (struct sockaddr *)(void *)&from, len);
	_exit(0);
}

static void a_request_that_is_lost_is_repeated(void **state)
{
	(void)state;
	struct sockaddr_in6 router = {.sin6_family = AF_INET6};
	socklen_t len = sizeof(router);
	struct pcp_ask ask = ask_from("::");
	struct pcp_answer a;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), off = 0, status;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &router.sin6_addr), 1);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&router, sizeof(router)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&router, &len), 0);
	pid_t child = fork();
	if (child == 0)
		play_router(fd);
	pcp_talk(&ask, &router, &in6addr_any, &a);
	assert_int_equal(a.verdict, PCP_OPEN);
	assert_int_equal(a.outer, 4434);
	assert_memory_equal(ask.own.s6_addr + 12, "\x7f\0\0\1", 4);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
	pcp_talk(&ask, &router, &in6addr_any, &a); /* nobody is there any more */
	assert_int_equal(a.verdict, PCP_SILENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_that_of_the_rfc),
		cmocka_unit_test(an_answer_is_read),
		cmocka_unit_test(a_refusal_has_its_code_with_and_without_the_rest),
		cmocka_unit_test(what_is_no_answer_to_the_request_is_skipped),
		cmocka_unit_test(a_router_that_speaks_nat_pmp_alone_is_silent),
		cmocka_unit_test(a_request_that_is_lost_is_repeated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
