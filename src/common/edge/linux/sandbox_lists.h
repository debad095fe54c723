/* sandbox_lists.h - the system calls that each program can make once it has started (sandbox.h).
 *
 * A call is listed when our own code makes it, or the C library for it: those of Debian 12 and 13, and musl
 * in static programs. They prefer different calls for the same task. None of them starts a program, opens
 * another process or changes rights. clone and clone3 are not listed: sandbox.c allows threads alone.
 */
#ifndef LANPARTY_EDGE_LINUX_SANDBOX_LISTS_H
#define LANPARTY_EDGE_LINUX_SANDBOX_LISTS_H

#include <sys/syscall.h>

static const int keyholder_calls[] = {
#ifdef SYS_open
	SYS_open,
#endif
	SYS_openat, SYS_read, SYS_write, SYS_writev, SYS_close, SYS_fcntl, SYS_sendmsg,
	SYS_rt_sigreturn, SYS_exit_group,
	/* a line of the log, which asks for the time and its zone */
	SYS_clock_gettime, SYS_fstat, SYS_newfstatat, SYS_lseek, SYS_brk, SYS_mmap, SYS_munmap};

/* What every program's loop, log, heap and threads need. */
static const int loop_calls[] = {
#ifdef SYS_open
	SYS_open,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
#ifdef SYS_stat
	SYS_stat, SYS_lstat,
#endif
#ifdef SYS_time
	SYS_time,
#endif
#ifdef SYS_access
	SYS_access,
#endif
#ifdef SYS_alarm
	SYS_alarm,
#endif
	SYS_openat, SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_close, SYS_lseek, SYS_fcntl,
	SYS_fstat, SYS_newfstatat, SYS_statx, SYS_ioctl, SYS_faccessat, SYS_faccessat2,
	/* packets */
	SYS_recvmsg, SYS_recvmmsg, SYS_recvfrom, SYS_sendmsg, SYS_sendmmsg, SYS_sendto,
	SYS_getsockname, SYS_getpeername, SYS_setsockopt, SYS_getsockopt,
	/* waiting */
	SYS_epoll_pwait, SYS_epoll_ctl, SYS_epoll_create1, SYS_ppoll, SYS_timerfd_create,
	SYS_timerfd_settime, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_gettimeofday, SYS_setitimer, SYS_wait4, SYS_waitid,
	/* memory */
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_getrandom,
	/* threads and signals */
	SYS_futex, SYS_set_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_restart_syscall,
	SYS_sigaltstack, SYS_getpid, SYS_gettid, SYS_tgkill, SYS_exit, SYS_exit_group,
	/* who am I */
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname};

/* Besides: a file of the state folder is replaced; commands come to the control socket; connections over TCP
 * and to the status page are ended. */
static const int relay_calls[] = {
#ifdef SYS_unlink
	SYS_unlink, SYS_rename,
#endif
	SYS_accept4, SYS_shutdown, SYS_fsync, SYS_fchown, SYS_fchmod, SYS_unlinkat, SYS_renameat,
	SYS_renameat2};

/* Besides: the resolver with its modules, netlink, the files of the state folder, the children. */
static const int member_calls[] = {
#ifdef SYS_readlink
	SYS_readlink,
#endif
#ifdef SYS_unlink
	SYS_unlink, SYS_rmdir, SYS_rename,
#endif
	SYS_signalfd4, SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_shutdown, SYS_accept4,
	SYS_pipe2, SYS_eventfd2, SYS_dup, SYS_readlinkat, SYS_getdents64, SYS_pread64, SYS_pwrite64,
	SYS_ftruncate, SYS_flock, SYS_fsync, SYS_unlinkat, SYS_renameat2, SYS_fstatfs, SYS_getcwd,
	SYS_sysinfo, SYS_prlimit64, SYS_prctl, SYS_kill};

/* Besides: how libminiupnpc waits. */
static const int port_calls[] = {
#ifdef SYS_select
	SYS_select,
#endif
	SYS_pselect6};

#endif
