/*
 * privilege.c - which rights are given up, which are kept, and why
 *
 * The keeper parses nothing from outside.  Most descriptors that need a
 * capability are open before stage 3; it keeps the few for what is opened
 * later.  It stays uid 0, because pppd started from here must be root; an exec
 * by uid 0 brings what the bounding set allows, which is the second table.
 */
#include "privilege.h"

#include <asm/termbits.h> /* for TCGETS2; it has no termios.h beside it */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sockios.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

struct kept {
	unsigned capability;
	const char *sentence;
};

static const struct kept for_keeper[] = {
	{ CAP_NET_ADMIN, "a hold of a TCP port has a packet filter" },
	{ CAP_NET_RAW, "an uplink that has changed is opened anew" },
	{ CAP_NET_BIND_SERVICE, "outside ports below 1024 are held" },
};

/* The bounding set: what a pppd with masq.so needs. */
static const struct kept for_pppd[] = {
	{ CAP_NET_ADMIN, "pppd makes the PPP unit and sets its addresses" },
	{ CAP_NET_RAW, "masq.so opens the link's packet socket" },
	{ CAP_SYS_ADMIN, "masq.so enters the callers' namespace" },
	{ CAP_DAC_OVERRIDE, "pppd writes its pid files and database" },
	{ CAP_FOWNER, "pppd resets the mode of its pty" },
	{ CAP_CHOWN, "pppd's lock files belong to its caller" },
	{ CAP_SETUID, "pppd runs its scripts under ids of its choice" },
	{ CAP_SETGID, "the same for groups" },
	{ CAP_KILL, "pppd ends scripts it started under other ids" },
};

void
privilege_check_user(void)
{
	if (geteuid() == 0 && getpwnam(PRIVILEGE_USER) == NULL)
		fatalx("there is no user \"" PRIVILEGE_USER "\"; make one: "
		       "useradd --system --user-group --no-create-home "
		       "--shell /usr/sbin/nologin " PRIVILEGE_USER);
}

void
privilege_raise_descriptors(unsigned long wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	if (limit.rlim_cur >= wanted)
		return;
	if (limit.rlim_max < wanted) {
		const struct rlimit more = { wanted, wanted };

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return;
		if (geteuid() == 0)
			log_warn("cannot raise the limit of open files to %lu",
			    wanted);
	}
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("cannot raise the limit of open files to %lu",
		    (unsigned long)limit.rlim_cur);
}

gid_t
privilege_group(void)
{
	const struct passwd *user = geteuid() == 0 ?
	    getpwnam(PRIVILEGE_USER) : NULL;

	return user == NULL ? (gid_t)-1 : user->pw_gid;
}

void
privilege_keeper(void)
{
	gid_t group = privilege_group();

	if (geteuid() != 0)
		return;
	/* Who is in a group may give it what he owns: no CAP_CHOWN. */
	if (group != (gid_t)-1 && setgroups(1, &group) == -1)
		log_warn("keeper: cannot join the group " PRIVILEGE_USER);
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < sizeof for_keeper / sizeof for_keeper[0]; i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			for_keeper[i].capability) != 0)
			fatalx("no such capability: %s",
			    for_keeper[i].sentence);
	for (size_t i = 0; i < sizeof for_pppd / sizeof for_pppd[0]; i++)
		if (capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET,
			for_pppd[i].capability) != 0)
			fatalx("no such capability: %s", for_pppd[i].sentence);
	if (capng_apply(CAPNG_SELECT_BOUNDS) != 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) != 0)
		fatal("keeper: cannot give up its capabilities");
}

static void
become_user(void)
{
	const struct passwd *user;

	if (geteuid() != 0)
		return;
	user = getpwnam(PRIVILEGE_USER);
	if (user == NULL)
		fatalx("there is no user \"" PRIVILEGE_USER "\" any more");
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id((int)user->pw_uid, (int)user->pw_gid,
		CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING |
		    CAPNG_CLEAR_AMBIENT) != 0)
		fatal("gateway: cannot become the user " PRIVILEGE_USER);
}

/* Allowed whatever their arguments are.  No call makes a socket, gives one a
 * name or changes one: all come from the keeper, from a listener, or from
 * masq.so. */
static const int calls[] = {
	/* descriptors it has */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(dup),
	SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(flock),
	SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(pselect6_time64), SCMP_SYS(_newselect),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	/* sockets it has, and peers of its listeners */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(shutdown),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
	SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(recvmmsg_time64),
	/* looking at files: serial ports are found below /sys and /dev */
	SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(stat64),
	SCMP_SYS(fstat64), SCMP_SYS(lstat64), SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents), SCMP_SYS(getdents64),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	/* memory, time, signals, itself */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getppid), SCMP_SYS(tgkill), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(uname), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Allowed where one argument, masked, has a value. */
struct limited {
	int call;
	unsigned argument;
	scmp_datum_t mask, value;
	const char *sentence;
};

/* What open() may not do: make a file, with a name or without, or empty one. */
enum { MODE_EXEC = 4,
	OPEN_NEW = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY) };

static const struct limited limits[] = {
	{ SCMP_SYS(open), 1, OPEN_NEW, 0, "a serial port: no new file" },
	{ SCMP_SYS(openat), 2, OPEN_NEW, 0, "a serial port: no new file" },
	{ SCMP_SYS(mmap), 2, MODE_EXEC, 0, "memory that is not code" },
	{ SCMP_SYS(mmap2), 2, MODE_EXEC, 0, "memory that is not code" },
	{ SCMP_SYS(mprotect), 2, MODE_EXEC, 0, "memory that is not code" },
	{ SCMP_SYS(send), 3, MSG_FASTOPEN, 0, "no connect() in disguise" },
	{ SCMP_SYS(sendto), 3, MSG_FASTOPEN, 0, "the same" },
	{ SCMP_SYS(sendmsg), 2, MSG_FASTOPEN, 0, "the same" },
	{ SCMP_SYS(sendmmsg), 3, MSG_FASTOPEN, 0, "the same" },
	{ SCMP_SYS(kill), 1, 0xffffffff, 0, "does a lock's holder live?" },
};

/* What may be asked of a descriptor.  No TIOCSTI, TIOCLINUX, TIOCSCTTY: nobody
 * else's terminal is typed into. */
static const scmp_datum_t ioctls[] = {
	/* a serial port's mode, as tcsetattr() and libserialport set it */
	TCGETS, TCSETS, TCSETSW, TCSETSF,
#ifdef TCGETS2
	TCGETS2, TCSETS2,
#endif
#ifdef TCGETX
	TCGETX, TCSETX,
#endif
	TIOCGSERIAL, TCSBRK, TCSBRKP, TIOCSBRK, TIOCCBRK, TCXONC, TCFLSH,
	/* its signals, and who has it */
	TIOCMGET, TIOCMSET, TIOCMBIS, TIOCMBIC, TIOCEXCL, TIOCNXCL,
	/* what waits in it: a port, a pty, a TCP call */
	TIOCOUTQ, FIONREAD, SIOCOUTQNSD,
	/* libuv's way to O_NONBLOCK and FD_CLOEXEC */
	FIONBIO, FIOCLEX,
};

static int
add_rules(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		const struct limited *l = &limits[i];

		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, l->call, 1,
		    SCMP_CMP(l->argument, SCMP_CMP_MASKED_EQ, l->mask,
			l->value));
	}
	for (size_t i = 0; i < sizeof ioctls / sizeof ioctls[0]; i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(ioctl), 1,
		    SCMP_CMP(1, SCMP_CMP_MASKED_EQ, UINT32_MAX, ioctls[i]));
	return error;
}

static void
load(scmp_filter_ctx filter, int error)
{
	if (error != 0 || seccomp_load(filter) != 0)
		fatalx("gateway: cannot load the system-call filter");
	seccomp_release(filter);
}

/* Anything else fails with EPERM: a library that asks for more than it needs
 * goes on without, and what was asked for does not happen. */
static void
filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	load(filter, filter == NULL ? -1 : add_rules(filter));
}

/* What an io_uring does passes no filter.  libuv 1.49 makes one whenever it
 * can, and aborts if it may not use it later: here it finds none. */
void
privilege_gateway_loop(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("gateway: cannot give up gaining privileges");
	load(filter, filter == NULL ? -1 : seccomp_rule_add(filter,
	    SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0));
}

void
privilege_gateway(pid_t keeper)
{
	become_user();
	/* After the change of user, which would undo it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    getppid() != keeper)
		fatalx("gateway: the keeper is gone");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("gateway: cannot give up gaining privileges");
	/* The terminal that masqd was started from is not the gateway's. */
	(void)setsid();
	filter_calls();
}
