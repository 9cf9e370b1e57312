/*
 * port_test.c - the set-up of a serial port, on a pty
 *
 * libserialport opens no pty, therefore its functions are faked here, and
 * they do what the real ones do: raw mode without RTS/CTS, VMIN 0, no HUPCL.
 * What is looked at is what stands in the tty afterwards.
 */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "serial/port_serial.c"

static int master;
static char slave[64];
static enum sp_return found, opened, speed_taken;
static int open_errno, fd_open, freed, opens;
static enum sp_signal signals_now;

enum sp_return
sp_get_port_by_name(const char *name, struct sp_port **sp)
{
	if (found != SP_OK)
		return found;
	assert_string_equal(name, slave);
	*sp = (struct sp_port *)(void *)slave;
	return SP_OK;
}

enum sp_return
sp_open(struct sp_port *sp, enum sp_mode mode)
{
	struct termios t;

	(void)sp;
	opens++;
	assert_int_equal(mode, SP_MODE_READ_WRITE);
	errno = open_errno;
	if (opened != SP_OK)
		return opened;
	fd_open = open(slave, O_RDWR | O_NOCTTY);
	tcgetattr(fd_open, &t);
	t.c_cc[VMIN] = 0;
	t.c_cflag &= ~(tcflag_t)HUPCL;
	tcsetattr(fd_open, TCSANOW, &t);
	return SP_OK;
}

enum sp_return
sp_close(struct sp_port *sp)
{
	(void)sp;
	close(fd_open);
	fd_open = -1;
	return SP_OK;
}

void
sp_free_port(struct sp_port *sp)
{
	(void)sp;
	freed++;
}

enum sp_return
sp_set_baudrate(struct sp_port *sp, int baudrate)
{
	(void)sp;
	assert_int_equal(baudrate, 57600);
	return speed_taken;
}

enum sp_return
sp_set_bits(struct sp_port *sp, int bits)
{
	(void)sp;
	assert_int_equal(bits, 8);
	return SP_OK;
}

enum sp_return
sp_set_parity(struct sp_port *sp, enum sp_parity parity)
{
	(void)sp;
	assert_int_equal(parity, SP_PARITY_NONE);
	return SP_OK;
}

enum sp_return
sp_set_stopbits(struct sp_port *sp, int bits)
{
	(void)sp;
	assert_int_equal(bits, 1);
	return SP_OK;
}

enum sp_return
sp_get_port_handle(const struct sp_port *sp, void *to)
{
	(void)sp;
	memcpy(to, &fd_open, sizeof(fd_open));
	return SP_OK;
}

enum sp_return
sp_get_signals(struct sp_port *sp, enum sp_signal *signals)
{
	(void)sp;
	*signals = signals_now;
	return SP_OK;
}

static int
setup(void **state)
{
	int slave_fd;

	(void)state;
	found = opened = speed_taken = SP_OK;
	fd_open = -1;
	freed = 0;
	if (openpty(&master, &slave_fd, slave, NULL, NULL) < 0)
		return -1;
	close(slave_fd);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(fd_open, -1);
	close(master);
	return 0;
}

static void
set_up_and_read_back(void **state)
{
	char error[200] = "";
	struct termios t;
	struct port *port = port_serial_open(slave, 57600, error,
	    sizeof(error));

	(void)state;
	assert_string_equal(error, "");
	assert_non_null(port);
	assert_int_equal(tcgetattr(fd_open, &t), 0);
	assert_int_equal(t.c_cflag & (CRTSCTS | CLOCAL | CREAD | HUPCL),
	    CRTSCTS | CLOCAL | CREAD | HUPCL);
	assert_int_equal(t.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	assert_int_equal(t.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP), 0);
	assert_int_equal(t.c_oflag & OPOST, 0);
	assert_int_equal(port_fd(port), fd_open);
	port_close(port);
	assert_int_equal(freed, 1);
	port_close(NULL);
}

/* Nothing there, octets there, gone: three answers. */
static void
reads_and_writes(void **state)
{
	char error[200], got[10];
	struct port *port = port_serial_open(slave, 57600, error,
	    sizeof(error));
	size_t unsent = 1;

	(void)state;
	assert_int_equal(port_read(port, got, sizeof(got)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(port_write(port, "a\0\xff\n", 4), 4);
	assert_int_equal(read(master, got, sizeof(got)), 4);
	assert_memory_equal(got, "a\0\xff\n", 4);
	assert_int_equal(port_unsent(port, &unsent), 0);
	assert_int_equal(unsent, 0);
	assert_int_equal(write(master, "\x11\x13\x03\r", 4), 4);
	assert_int_equal(port_read(port, got, sizeof(got)), 4);
	assert_memory_equal(got, "\x11\x13\x03\r", 4);
	assert_int_equal(write(master, "old", 3), 3);
	assert_int_equal(port_flush(port), 0);
	assert_int_equal(port_read(port, got, sizeof(got)), -1);
	/* It does not block where the other end does not read. */
	while (port_write(port, "0123456789", 10) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	close(master);
	errno = 0;
	assert_true(port_read(port, got, sizeof(got)) <= 0);
	assert_int_not_equal(errno, EAGAIN);
	port_close(port);
	setup(NULL);
}

static void
signals_and_dtr(void **state)
{
	char error[200];
	struct port *port = port_serial_open(slave, 57600, error,
	    sizeof(error));
	unsigned signals;

	(void)state;
	signals_now = SP_SIG_DCD | SP_SIG_CTS;
	assert_int_equal(port_signals(port, &signals), 0);
	assert_int_equal(signals, PORT_DCD | PORT_CTS);
	signals_now = SP_SIG_RI | SP_SIG_DSR;
	assert_int_equal(port_signals(port, &signals), 0);
	assert_int_equal(signals, PORT_RI | PORT_DSR);
	/* A pty has no such wire, and says so. */
	assert_int_equal(port_set_dtr(port, true), -1);
	port_close(port);
}

static void
through_a_symbolic_link(void **state)
{
	char error[200], directory[] = "/tmp/port_test.XXXXXX", path[100];
	struct port *port;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/by-id", directory);
	assert_int_equal(symlink(slave, path), 0);
	port = port_serial_open(path, 57600, error, sizeof(error));
	assert_non_null(port);
	port_close(port);
	unlink(path);
	rmdir(directory);
}

static void
in_use(void **state)
{
	int other = open(slave, O_RDWR | O_NOCTTY);
	char error[200];

	(void)state;
	assert_int_equal(flock(other, LOCK_EX), 0);
	opens = 0;
	assert_null(port_serial_open(slave, 57600, error, sizeof(error)));
	assert_non_null(strstr(error, "is in use by another program"));
	assert_int_equal(opens, 0); /* the other's settings are left alone */
	close(other);
	/* And ours is locked for others. */
	{
		struct port *port = port_serial_open(slave, 57600, error,
		    sizeof(error));

		other = open(slave, O_RDWR | O_NOCTTY | O_NONBLOCK);
		if (other >= 0) { /* root passes TIOCEXCL */
			assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
			close(other);
		}
		port_close(port);
	}
}

static void
sentences(void **state)
{
	static const struct {
		enum sp_return found, opened, speed;
		int number;
		const char *says;
	} rows[] = {
		{ SP_ERR_ARG, SP_OK, SP_OK, 0, "is no serial port" },
		{ SP_ERR_MEM, SP_OK, SP_OK, 0, "out of memory" },
		{ SP_OK, SP_ERR_FAIL, SP_OK, EBUSY, "is in use by another" },
		{ SP_OK, SP_ERR_FAIL, SP_OK, EACCES, "permission denied" },
		{ SP_OK, SP_ERR_FAIL, SP_OK, EIO, "Input/output error" },
		{ SP_OK, SP_OK, SP_ERR_SUPP, 0, "does not take 57600 bit/s" },
	};
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		found = rows[i].found;
		opened = rows[i].opened;
		speed_taken = rows[i].speed;
		open_errno = rows[i].number;
		assert_null(port_serial_open(slave, 57600, error,
		    sizeof(error)));
		assert_non_null(strstr(error, rows[i].says));
		assert_non_null(strstr(error, slave));
	}
	assert_null(port_serial_open("/dev/null", 57600, error,
	    sizeof(error)));
	assert_string_equal(error, "/dev/null is no serial port");
	assert_null(port_serial_open("/dev/none", 57600, error,
	    sizeof(error)));
	assert_string_equal(error,
	    "cannot find /dev/none: No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(set_up_and_read_back),
		TEST(reads_and_writes),
		TEST(signals_and_dtr),
		TEST(through_a_symbolic_link),
		TEST(in_use),
		TEST(sentences),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
