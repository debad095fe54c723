/* pipe_wire NAME UDPPORT PEERPORT [--random COUNT SEED] [--seconds N]: replaces a TAP adapter under
 * Wine by the pipe \\.\pipe\NAME in message mode, for one client at a time. Each message is sent as
 * one UDP packet from 127.0.0.1:UDPPORT to 127.0.0.1:PEERPORT, and each UDP packet arrives as one
 * message. The other end is rig/tap_wire, with a network stack behind it.
 *
 * With --random each client also receives COUNT messages of random bytes and sizes from 0 to
 * 70,000; SEED makes them repeatable. Prints "ready", "connected", "random done" and "gone". Ends
 * when stdin ends; with --seconds after that time, whatever stdin is. */
#include <winsock2.h>
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 70000
#define BUFFER      (1 << 16) /* buffered bytes per direction */

struct wire {
	HANDLE pipe;
	SOCKET udp;
	unsigned long random_count;
	uint64_t seed;
	DWORD seconds; /* 0: until stdin ends */
};

static void announce(const char *what)
{
	printf("%s\n", what);
	fflush(stdout);
}

static _Noreturn void fail(const char *what, DWORD error)
{
	fprintf(stderr, "pipe_wire: %s: error %lu\n", what, error);
	exit(1);
}

/* Waits for the operation of o, which belongs to one thread. False: it failed. */
static bool wait_for(struct wire *w, BOOL done, OVERLAPPED *o, DWORD *ret_bytes)
{
	if (!done && GetLastError() != ERROR_IO_PENDING)
		return false;
	return GetOverlappedResult(w->pipe, o, ret_bytes, TRUE);
}

static bool put(struct wire *w, const uint8_t *bytes, DWORD len, HANDLE event)
{
	OVERLAPPED o = {.hEvent = event};
	DWORD written;
	return wait_for(w, WriteFile(w->pipe, bytes, len, NULL, &o), &o, &written);
}

static DWORD WINAPI from_udp(void *context)
{
	static uint8_t bytes[MESSAGE_MAX];
	struct wire *w = context;
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	while (event) {
		/* It fails once per UDP packet that had no receiver at the other end. */
		int len = recv(w->udp, (char *)bytes, sizeof(bytes), 0);
		if (len >= 0)
			put(w, bytes, (DWORD)len, event); /* lost if no client is connected */
	}
	return 1;
}

static uint64_t next_random(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t x = *state;
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Half of them have lengths of frames. */
static DWORD WINAPI send_random(void *context)
{
	static uint8_t bytes[MESSAGE_MAX + sizeof(uint64_t)];
	struct wire *w = context;
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	uint64_t state = w->seed;
	for (unsigned long i = 0; i < w->random_count; i++) {
		uint64_t most = next_random(&state) % 2 ? 1600 : MESSAGE_MAX;
		DWORD len = (DWORD)(next_random(&state) % (most + 1));
		for (DWORD at = 0; at < len; at += sizeof(uint64_t)) {
			uint64_t some = next_random(&state);
			memcpy(bytes + at, &some, sizeof(some));
		}
		if (!put(w, bytes, len, event))
			break;
		if (i + 1 == w->random_count)
			announce("random done");
	}
	CloseHandle(event);
	return 0;
}

static void serve(struct wire *w)
{
	static uint8_t bytes[MESSAGE_MAX];
	OVERLAPPED o = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	DWORD len;
	announce("ready");
	if (!wait_for(w, ConnectNamedPipe(w->pipe, &o), &o, &len) &&
		GetLastError() != ERROR_PIPE_CONNECTED)
		fail("connect", GetLastError());
	announce("connected");
	HANDLE random = w->random_count ? CreateThread(NULL, 0, send_random, w, 0, NULL) : NULL;
	for (;;) {
		HANDLE event = o.hEvent;
		o = (OVERLAPPED){.hEvent = event};
		if (wait_for(w, ReadFile(w->pipe, bytes, sizeof(bytes), NULL, &o), &o, &len))
			send(w->udp, (const char *)bytes, (int)len, 0);
		else if (GetLastError() != ERROR_MORE_DATA) /* not a frame, nor is the rest of it */
			break;
	}
	DisconnectNamedPipe(w->pipe);
	if (random) {
		WaitForSingleObject(random, INFINITE);
		CloseHandle(random);
	}
	CloseHandle(o.hEvent);
	announce("gone");
}

static SOCKET open_udp(const char *port, const char *peer)
{
	WSADATA data;
	if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
		fail("sockets", 0);
	SOCKET udp = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((u_short)atoi(port))};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(udp, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("bind", (DWORD)WSAGetLastError());
	at.sin_port = htons((u_short)atoi(peer));
	if (connect(udp, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("connect", (DWORD)WSAGetLastError());
	return udp;
}

static HANDLE open_pipe(const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "\\\\.\\pipe\\%s", name);
	HANDLE pipe = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
		PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS, 1, BUFFER,
		BUFFER, 0, NULL);
	if (pipe == INVALID_HANDLE_VALUE)
		fail(path, GetLastError());
	return pipe;
}

static DWORD WINAPI end_in_time(void *context)
{
	struct wire *w = context;
	char byte;
	DWORD got;
	if (w->seconds)
		Sleep(w->seconds * 1000);
	else
		while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, NULL) && got > 0)
			continue;
	ExitProcess(0);
}

int main(int argc, char **argv)
{
	static struct wire w;
	int at = 4;
	while (at < argc) {
		if (at + 2 < argc && strcmp(argv[at], "--random") == 0) {
			w.random_count = strtoul(argv[at + 1], NULL, 10);
			w.seed = strtoul(argv[at + 2], NULL, 10);
			at += 3;
		} else if (at + 1 < argc && strcmp(argv[at], "--seconds") == 0) {
			w.seconds = strtoul(argv[at + 1], NULL, 10);
			at += 2;
		} else {
			break;
		}
	}
	if (argc < 4 || at != argc) {
		fprintf(stderr, "usage: pipe_wire NAME UDPPORT PEERPORT [--random COUNT SEED] "
				"[--seconds N]\n");
		return 2;
	}
	_setmode(_fileno(stdout), _O_BINARY); /* line ends as on Linux */
	w.udp = open_udp(argv[2], argv[3]);
	w.pipe = open_pipe(argv[1]);
	CreateThread(NULL, 0, from_udp, &w, 0, NULL);
	CreateThread(NULL, 0, end_in_time, &w, 0, NULL);
	for (;;)
		serve(&w);
}
