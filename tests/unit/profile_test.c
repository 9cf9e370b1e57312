/*
 * profile_test.c - files of modem profiles, and which modem is whose
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "serial/probe.c"
#include "serial/profile.c"
#include "serial/profile_read.c"

static struct profiles *table;
static char said[4096];

/* Read a text as a file; what is said of it is in `said`, without its path. */
static int
read_text(const char *text)
{
	char path[32], *errors = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&errors, &length);
	int fd = memfd_create("modems", MFD_CLOEXEC), result;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	result = profiles_read(table, path, to);
	fclose(to);
	said[0] = '\0';
	for (char *line = errors; *line != '\0';
	     line += strcspn(line, "\n") + 1) {
		assert_memory_equal(line, path, strlen(path));
		strncat(said, line + strlen(path),
		    strcspn(line + strlen(path), "\n") + 1);
	}
	free(errors);
	close(fd);
	return result;
}

static int
setup(void **state)
{
	(void)state;
	table = profiles_create();
	return table == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	profiles_free(table);
	return 0;
}

static void
without_a_file(void **state)
{
	(void)state;
	assert_ptr_equal(profiles_find(table, "auto"),
	    profiles_find(table, "generic"));
	assert_true(profiles_find(table, "none")->cable);
	assert_true(profiles_find(table, "none")->greets);
	assert_null(profiles_find(table, "usr"));
	assert_string_equal(profiles_name(table, 0), "generic");
	assert_string_equal(profiles_name(table, 1), "none");
	assert_null(profiles_name(table, 2));
}

/* All steps of a profile, those left out after a call in brackets. */
static const char *
steps_of(const char *name)
{
	static char text[2048];
	struct step step;

	text[0] = '\0';
	for (size_t i = 0; profile_step(profiles_find(table, name), i, &step);
	     i++) {
		assert_int_equal(step.kind, STEP_COMMAND);
		sprintf(text + strlen(text), step.reset ? "(%s) " : "%s ",
		    step.text);
	}
	return text;
}

static void
all_keys(void **state)
{
	const struct profile *modem;

	(void)state;
	assert_int_equal(read_text("# a comment with \"quotes\n"
	    "modem \"ours\" {\n"
	    "\tabout = 'one # of ours' # and another\n"
	    "\tmatch = { \"^ATI3 .*Ours\", \"x|y\" }\n"
	    "\tmodel = ATI3\n\tfactory = \"AT&F1\"\n"
	    "\tflow = { \"AT&H1\", # first\n \"AT&R2\" }\n"
	    "\tconnect = { \"ATX4\" } caller-id = { \"AT#CID=1\" }\n"
	    "\tinit = { \"ATS2=43\" } diagnosis = { \"ATI6\", \"ATI11\" }\n"
	    "\toff-hook = \"ATH1\" flow-control = no\n}\n"
	    "modem \"wire\" { cable = yes greets = yes }\n"), 0);
	assert_string_equal(said, "");
	modem = profiles_find(table, "ours");
	assert_string_equal(modem->about, "one # of ours");
	assert_string_equal(modem->model, "ATI3");
	assert_string_equal(modem->off_hook, "ATH1");
	assert_string_equal(modem->diagnosis.text[1], "ATI11");
	assert_true(modem->no_flow);
	assert_false(modem->cable);
	assert_true(profiles_find(table, "wire")->cable);
	assert_true(profiles_find(table, "wire")->greets);
	assert_string_equal(steps_of("ours"), "(AT&F1) ATE0V1Q0 AT&C1 AT&D2"
	    " ATS0=0 AT&H1 AT&R2 ATX4 AT#CID=1 ATS2=43 ");
	assert_string_equal(steps_of("generic"),
	    "ATE0V1Q0 AT&C1 AT&D2 ATS0=0 ATX4 ");
}

static void
later_files_are_asked_first(void **state)
{
	static const char *const answer[] = { "ATI3 Courier" };

	(void)state;
	assert_int_equal(read_text("modem \"a\" { match = \"Courier\" }\n"
	    "modem \"b\" { match = \"Courier\" }\n"), 0);
	assert_string_equal(profiles_choose(table, answer, 1)->name, "a");
	assert_int_equal(read_text("modem \"c\" { match = \"courier\" }\n"
	    "modem \"b\" { about = \"another\" match = \"z\" }\n"
	    "modem \"generic\" { init = \"ATX3\" }"), 0);
	assert_string_equal(profiles_choose(table, answer, 1)->name, "c");
	assert_string_equal(profiles_find(table, "b")->about, "another");
	assert_string_equal(profiles_name(table, 0), "c");
	assert_string_equal(profiles_name(table, 1), "a");
	assert_string_equal(profiles_name(table, 2), "b");
	assert_string_equal(steps_of("auto"),
	    "ATE0V1Q0 AT&C1 AT&D2 ATS0=0 ATX3 ");
}

static const struct {
	const char *text, *said;
} wrongs[] = {
	{ "modem \"a\" {\n init = \"X4\"\n}", ":2: init \"X4\": give one command"
	    " that begins with AT, of at most 63 printable letters\n" },
	{ "modem \"a\" {\n init = { \"ATX4\",\n\"AT\" }\n}", ":3: init \"AT\":"
	    " give one command that begins with AT, of at most 63 printable"
	    " letters\n" },
	{ "modem \"a\" {\n match = \"(\" }", ":2: match \"(\" of modem \"a\":"
	    " Unmatched ( or \\(; give a POSIX extended regular expression\n" },
	{ "modem \"a\" {\n\n flows = \"AT&K3\" }", ":3: unknown key \"flows\" of"
	    " a modem; there are: about, match, model, factory, init, flow,"
	    " connect, caller-id, diagnosis, off-hook, flow-control, cable,"
	    " greets\n" },
	{ "modems \"a\" { }", ":1: unknown \"modems\"; the file has only modem"
	    " \"NAME\" { ... }\n" },
	{ "modem \"A b\" { }", ":1: modem \"A b\" ends here: give a name of"
	    " small letters, digits and -, at most 31, and not \"auto\"\n" },
	{ "modem \"auto\" { }", ":1: modem \"auto\" ends here: give a name of"
	    " small letters, digits and -, at most 31, and not \"auto\"\n" },
	{ "\nmodem \"a\" { init = \"ATX4\n", ":3: the file ends inside of a"
	    " string that began with \"\n" },
	{ "modem \"a\" { } // no", ":1: comments begin with # here\n" },
	{ "modem \"a\" { about = \"\\001\" } \001", ":1: a control character or"
	    " one beyond ASCII; give plain text\n" },
	{ "modem \"a\" {\nmatch = \"x+++++\" }", ":2: match \"x+++++\": give an"
	    " expression with at most 4 of + and *, 2 of {N} with N up to 16,"
	    " and without \\1\n" },
	{ "modem \"a\" { match = '(a)\\1' }", ":1: match \"(a)\\1\": give an"
	    " expression with at most 4 of + and *, 2 of {N} with N up to 16,"
	    " and without \\1\n" },
	{ "modem \"a\" { match = \"a{17}\" }", ":1: match \"a{17}\": give an"
	    " expression with at most 4 of + and *, 2 of {N} with N up to 16,"
	    " and without \\1\n" },
	{ "modem \"a\" { match = \"\" }", ":1: match: give a text of 1 to 100"
	    " letters\n" },
};

static void
what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		assert_int_equal(read_text(wrongs[i].text), -1);
		assert_string_equal(said, wrongs[i].said);
		/* Nothing of it was taken. */
		assert_null(profiles_name(table, 2));
	}
	/* What libconfuse says itself has its line, too. */
	assert_int_equal(read_text("modem \"a\" {\n\ninit }"), -1);
	assert_memory_equal(said, ":3: ", 4);
	assert_int_equal(read_text("modem \"a\" { }\nmodem \"a\" { }"), -1);
	assert_memory_equal(said, ":2: ", 4);
	assert_int_equal(profiles_read(table, "/nowhere/modems", stderr), -1);
	assert_int_equal(profiles_read(table, "/dev/null", stderr), -1);
}

static void
too_much(void **state)
{
	char text[8192] = "";

	(void)state;
	for (int i = 0; i < PROFILES_MOST - 2; i++)
		sprintf(text + strlen(text), "modem \"m%d\" { }\n", i);
	assert_int_equal(read_text(text), 0);
	assert_int_equal(read_text("modem \"one\" { }"), -1);
	assert_string_equal(said, ": more than 64 profiles in all\n");
	strcpy(text, "modem \"m1\" { init = { \"ATX4\"");
	for (int i = 0; i < PROFILE_COMMANDS; i++)
		strcat(text, ", \"ATX4\"");
	assert_int_equal(read_text(strcat(text, "} }")), -1);
	assert_string_equal(said, ":1: init has more than 12 elements\n");
}

/* Of each family of the shipped file: what its modems say. */
static const struct {
	const char *answers[4], *family, *model;
} modems[] = {
	{ { "ATI0 5601", "ATI3 U.S. Robotics 56K FAX EXT V4.11.2",
	    "AT+FCLASS=? 0,1,2.0" }, "usr", "U.S. Robotics 56K FAX EXT"
	    " V4.11.2" },
	{ { "ATI3 USRobotics Courier V.Everything" }, "usr",
	    "USRobotics Courier V.Everything" },
	{ { "ATI3 Sportster 28800/Fax RS Rev. 2.1" }, "usr",
	    "Sportster 28800/Fax RS Rev. 2.1" },
	{ { "AT+GMI CONEXANT", "AT+GMM V90", "ATI3 V2.210-V90_2M_DLS",
	    "ATI6 RCV56DPF-PLL L8570A" }, "rockwell",
	    "RCV56DPF-PLL L8570A" },
	{ { "ATI3 V1.301-V34_DS", "ATI6 RC288DPi" }, "rockwell",
	    "RC288DPi" },
	{ { "AT+GMI Agere Systems", "AT+GMM USB V.92" }, "lucent",
	    "USB V.92" },
	{ { "ATI0 5.12", "ATI3 LT V.90 Data+Fax Modem Version 5.12" },
	    "lucent", "LT V.90 Data+Fax Modem Version 5.12" },
	{ { "ATI0 1496", "ATI1 U1496E V 6.13 M" }, "zyxel",
	    "U1496E V 6.13 M" },
	{ { "AT+GMI MULTI-TECH SYSTEMS", "ATI0 MT5600ZDXV" }, "multitech",
	    "MT5600ZDXV" },
	{ { "ATI3 MicroLink 56k Fun II" }, "elsa", "MicroLink 56k Fun II" },
	{ { "AT+GMI SIEMENS", "AT+GMM MC35i" }, "gsm", "MC35i" },
	{ { "AT+CGMI WAVECOM MODEM", "AT+CGMM MULTIBAND 900E" }, "gsm",
	    "MULTIBAND 900E" },
	{ { "ATI0 tcpser 1.1.5" }, "soft", "tcpser 1.1.5" },
	{ { "ATI3 Zimodem Firmware v4.0.2" }, "soft",
	    "Zimodem Firmware v4.0.2" },
	{ { "ATI0 249", "ATI3 Some Modem 33.6", "AT+FCLASS=? 0,1" },
	    "generic", "Some Modem 33.6" },
	{ { "ATI0 960" }, "generic", "" },
	{ { NULL }, "generic", "" },
};

static void
shipped_file(void **state)
{
	struct probe probe;
	char model[PROBE_MODEL_SIZE];

	(void)state;
	assert_int_equal(profiles_read(table, "etc/modems", stderr), 0);
	for (size_t i = 0; i < COUNT(modems); i++) {
		const struct profile *profile;

		memset(&probe, 0, sizeof(probe));
		for (size_t j = 0; j < 4 && modems[i].answers[j]; j++)
			strcpy(probe.answers[probe.count++],
			    modems[i].answers[j]);
		profile = probe_choose(&probe, table);
		assert_string_equal(profile->name, modems[i].family);
		probe_model(&probe, profile, model);
		assert_string_equal(model, modems[i].model);
	}
	for (size_t i = 0; profiles_name(table, i) != NULL; i++)
		assert_non_null(profiles_find(table,
		    profiles_name(table, i))->about);
	assert_true(profiles_find(table, "windows")->greets);
}

static void
probing(void **state)
{
	static struct probe probe;
	char line[400];

	(void)state;
	memset(&probe, 0, sizeof(probe));
	assert_string_equal(probe_next(&probe), "ATI0");
	probe_line(&probe, "ATI0", "  two   words  ");
	assert_string_equal(probe.answers[0], "ATI0 two words");
	probe_line(&probe, "ATI0", "   ");
	assert_int_equal(probe.count, 1);
	/* Of each command no more than a page, and not without end. */
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		probe_line(&probe, "ATI0", line);
	assert_int_equal(probe.count, PROBE_LINES);
	while (probe_next(&probe) != NULL)
		for (int i = 0; i < 100; i++)
			probe_line(&probe, "AT+FCLASS=?", line);
	assert_int_equal(probe.count, PROBE_ANSWERS);
	/* Its maker by GSM's command only where V.250's is not known. */
	for (int known = 0; known < 2; known++) {
		const char *command;
		bool asked = false;

		memset(&probe, 0, sizeof(probe));
		while ((command = probe_next(&probe)) != NULL) {
			if (known && strcmp(command, "AT+GMI") == 0)
				probe_line(&probe, command, "CONEXANT");
			asked |= strcmp(command, "AT+CGMI") == 0;
		}
		assert_int_equal(asked, !known);
	}
	/* A modem that says nothing is not asked to the end. */
	memset(&probe, 0, sizeof(probe));
	assert_non_null(probe_next(&probe));
	probe_silent(&probe);
	assert_non_null(probe_next(&probe));
	probe_answered(&probe);
	assert_non_null(probe_next(&probe));
	probe_silent(&probe);
	probe_silent(&probe);
	assert_null(probe_next(&probe));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_file),
		TEST(all_keys),
		TEST(later_files_are_asked_first),
		TEST(what_is_wrong),
		TEST(too_much),
		TEST(shipped_file),
		TEST(probing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
