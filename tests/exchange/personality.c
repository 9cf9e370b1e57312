/*
 * personality.c - families of modems
 *
 * The texts are of the kind that the manuals of these modems show; numbers
 * are made up.
 */
#include <stdio.h>
#include <string.h>

#include "personality.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define COMMANDS(list) .commands = list, .count = COUNT(list)

static const struct personality_command usr[] = {
	{ "+FCLASS=?", DOES_TEXT, "0,1,2.0" },
	{ "I0", DOES_TEXT, "5601" },
	{ "I11", DOES_TEXT, "U.S. Robotics 56K FAX EXT Link Diagnostics...\n\n"
	    "Modulation              V.34\n"
	    "Carrier Freq     (Hz)   1829/1829\n"
	    "Symbol Rate             3429/3429\n"
	    "Recv/Xmit Level (-dBm)  23/14\n"
	    "SNR              (dB)   42\n"
	    "Speed Shifts Up/Down    0/0" },
	{ "I1", DOES_TEXT, "2A3C" },
	{ "I2", DOES_TEXT, "" },
	{ "I3", DOES_TEXT, "U.S. Robotics 56K FAX EXT V4.11.2" },
	{ "I4", DOES_TEXT, "U.S. Robotics 56K FAX EXT Settings...\n\n"
	    "   B0  E1  F1  L2  M1  Q0  V1  X4  Y0\n"
	    "   SPEED=115200  PARITY=N  WORDLEN=8\n" },
	{ "I6", DOES_TEXT, "U.S. Robotics 56K FAX EXT Link Diagnostics...\n\n"
	    "Chars sent                    9120      Chars Received"
	    "             2210\n"
	    "Chars lost                       0\n"
	    "Blocks resent                    3\n\n"
	    "Retrains Requested               2      Retrains Granted"
	    "              1\n"
	    "Line Reversals                   0      Blers"
	    "                         7\n"
	    "Link Timeouts                    1      Link Naks"
	    "                     0\n\n"
	    "Data Compression       V42BIS 2048/32\n"
	    "Equalization           Long\n"
	    "Protocol               LAPM/SREJ\n"
	    "Speed                  31200/33600\n"
	    "Last Call              00:12:31\n"
	    "Disconnect Reason is DTR dropped" },
	{ "I7", DOES_TEXT, "Configuration Profile...\n\n"
	    "Product type           US/Canada External\n"
	    "Options                V32bis,V.34+,x2,V.90\n" },
	{ "#CID=", DOES_CALLER_ID, NULL },
	{ "&A", DOES_NOTHING, NULL },
	{ "&B", DOES_NOTHING, NULL },
	{ "&H", DOES_NOTHING, NULL },
	{ "&I", DOES_NOTHING, NULL },
	{ "&K", DOES_NOTHING, NULL },
	{ "&M", DOES_NOTHING, NULL },
	{ "&R", DOES_NOTHING, NULL },
};

#define ROCKWELL_COMMON                                                       \
	{ "+VCID=", DOES_CALLER_ID, NULL }, { "+MR=", DOES_MR, NULL },        \
	{ "+ER=", DOES_NOTHING, NULL }, { "+DR=", DOES_NOTHING, NULL },       \
	{ "+MS=", DOES_NOTHING, NULL }, { "&K", DOES_NOTHING, NULL },         \
	{ "&Q", DOES_NOTHING, NULL }, { "\\N", DOES_NOTHING, NULL },          \
	{ "\\V", DOES_V, NULL }, { "%C", DOES_NOTHING, NULL },                \
	{ "W", DOES_W, NULL }

static const struct personality_command rockwell[] = {
	{ "+FCLASS=?", DOES_TEXT, "0,1,2,8" },
	{ "+GMI", DOES_TEXT, "CONEXANT" },
	{ "+GMM", DOES_TEXT, "V90" },
	{ "+GMR", DOES_TEXT, "V2.2" },
	{ "I0", DOES_TEXT, "56000" },
	{ "I1", DOES_TEXT, "255" },
	{ "I3", DOES_TEXT, "V2.210-V90_2M_DLS" },
	{ "I6", DOES_TEXT, "RCV56DPF-PLL L8570A Rev 35.0/34.0" },
	{ "I7", DOES_TEXT, "255" },
	{ "&V1", DOES_TEXT, "TERMINATION REASON.......... LOCAL REQUEST\n"
	    "LAST TX rate................ 33600 BPS\n"
	    "HIGHEST TX rate............. 33600 BPS\n"
	    "LAST RX rate................ 31200 BPS\n"
	    "HIGHEST RX rate............. 31200 BPS\n"
	    "PROTOCOL.................... LAPM\n"
	    "COMPRESSION................. V42Bis\n"
	    "Line QUALITY................ 038\n"
	    "Rx LEVEL.................... 015\n"
	    "Local Rtrn Count............ 02\n"
	    "Remote Rtrn Count........... 01" },
	{ "#UD", DOES_TEXT, "DIAG <2A4D3263 0=10 1=1 10=12 20=9 26=8340 "
	    "27=79E0 32=2 33=1 34=8340 35=79E0>\nDIAG <2A4D3263 40=7 44=2 "
	    "60=51>" },
	ROCKWELL_COMMON,
};

static const struct personality_command lucent[] = {
	{ "+FCLASS=?", DOES_TEXT, "0,1,8" },
	{ "+GMI", DOES_TEXT, "Agere Systems" },
	{ "+GMM", DOES_TEXT, "USB V.92" },
	{ "I11", DOES_TEXT, "      Description                    Status\n"
	    "      ---------------                ------------\n"
	    "1     Last Connection                V.34\n"
	    "2     Initial Transmit Carrier Rate  33600\n"
	    "4     Final   Transmit Carrier Rate  33600\n"
	    "5     Final   Receive  Carrier Rate  31200\n"
	    "6     Protocol Negotiation Result    LAPM\n"
	    "7     Data Compression Result        V42bis\n"
	    "9     Receive  Signal Power Level (-dBm) 25\n"
	    "Press any key to continue; ESC to quit.\f"
	    "17    Receive  Frame Error Count     7\n"
	    "18    Retrain by Local  Modem        2\n"
	    "19    Retrain by Remote Modem        1\n"
	    "20    Call Termination Cause         1\n"
	    "22    Digital Loss (dB)              6" },
	{ "I3", DOES_TEXT, "LT V.92 Data+Fax Modem Version 8.31" },
	{ "I0", DOES_TEXT, "8.31" },
	{ "\\Q", DOES_NOTHING, NULL },
	ROCKWELL_COMMON,
};

static const struct personality_command zyxel[] = {
	{ "+FCLASS=?", DOES_TEXT, "0,1,2,2.0,6" },
	{ "I0", DOES_TEXT, "1496" },
	{ "I1", DOES_TEXT, "U1496E   V 6.13 M" },
	{ "I2", DOES_TEXT, "ZyXEL U-MODEM LINK STATUS REPORT\n"
	    "Chars Sent        2420   Chars Received    2420\n"
	    "Blocks Resent        3   Max Outstanding      8\n"
	    "Max Block Size     256   Retrain Requested    2\n"
	    "Link Duration        1   Retrain Granted      1\n"
	    "FCS Errors           7   Round Trip Delay   110\n"
	    "Last Speed/Protocol  Connect 14400/ARQ/V42b\n"
	    "Disconnect Reason    Local Hang Up" },
	{ "S40.2=", DOES_CALLER_ID, NULL },
	{ "&H", DOES_NOTHING, NULL },
	{ "&K", DOES_NOTHING, NULL },
	{ "&N", DOES_NOTHING, NULL },
	{ "X", DOES_X, NULL },
};

static const struct personality_command multitech[] = {
	{ "+FCLASS=?", DOES_TEXT, "0,1,2" },
	{ "+GMI", DOES_TEXT, "MULTI-TECH SYSTEMS" },
	{ "+GMM", DOES_TEXT, "MT5600ZDXV" },
	{ "I0", DOES_TEXT, "MT5600ZDXV" },
	{ "I11", DOES_TEXT, "Description Status\nRetrain by Local Modem 2" },
	{ "I1", DOES_TEXT, "0316" },
	{ "&E", DOES_NOTHING, NULL }, /* and not, as later ones, +IFC */
	ROCKWELL_COMMON,
};

static const struct personality_command elsa[] = {
	{ "+FCLASS=?", DOES_TEXT, "0,1,2" },
	{ "I0", DOES_TEXT, "282" },
	{ "I3", DOES_TEXT, "MicroLink 56k Fun II  V1.40" },
	{ "\\Q", DOES_NOTHING, NULL },
	{ "\\V", DOES_V, NULL },
};

static const struct personality_command gsm[] = {
	{ "+CGMI", DOES_TEXT, "SIEMENS" },
	{ "+CGMM", DOES_TEXT, "MC35i" },
	{ "+CGMR", DOES_TEXT, "REVISION 02.00" },
	{ "+FCLASS=?", DOES_TEXT, "0,1,2" },
	{ "+CEER", DOES_TEXT, "+CEER: Normal call clearing" },
	{ "+CLIP=", DOES_CALLER_ID, NULL },
	{ "+CRC=", DOES_CRC, NULL },
	{ "+CR=", DOES_MR, NULL },
	{ "+IFC=", DOES_NOTHING, NULL },
};

static const struct personality_command tcpser[] = {
	{ "I0", DOES_TEXT, "tcpser 1.1.5" },
	{ "I", DOES_TEXT, "tcpser" },
};

static const struct personality_command zimodem[] = {
	{ "I0", DOES_TEXT, "C64Net WiFi Firmware v4.0.2" },
	{ "I3", DOES_TEXT, "Zimodem Firmware v4.0.2\nsdk=4.4" },
	{ "I", DOES_TEXT, "Zimodem" },
};

static const struct personality_command q_modem[] = {
	{ "I0", DOES_TEXT, "86Box Modem" },
	{ "I", DOES_TEXT, "86Box Modem" },
};

static const struct personality personalities[] = {
	{ .name = "plain", .all = true, .caller_id = "NMBR = %s" },
	{ .name = "usr", COMMANDS(usr),
	    .caller_id = "DATE = 0915\nTIME = 1842\nNMBR = %s" },
	{ .name = "rockwell", COMMANDS(rockwell),
	    .caller_id = "DATE = 0915\nTIME = 1842\nNMBR = %s" },
	{ .name = "lucent", COMMANDS(lucent),
	    .caller_id = "DATE = 0915\nNMBR=%s\nNAME = SOMEBODY" },
	{ .name = "zyxel", COMMANDS(zyxel),
	    .caller_id = "TIME: 09-15 18:42\nCALLER NUMBER: %s" },
	{ .name = "multitech", COMMANDS(multitech),
	    .caller_id = "DATE=0915\nNMBR=%s" },
	{ .name = "elsa", COMMANDS(elsa), .caller_id = "CALLER NUMBER: %s" },
	{ .name = "gsm", COMMANDS(gsm), .caller_id = "+CLIP: \"%s\",129" },
	{ .name = "tcpser", COMMANDS(tcpser), .caller_id = "NMBR = %s" },
	{ .name = "zimodem", COMMANDS(zimodem), .caller_id = "NMBR = %s" },
	{ .name = "86box", COMMANDS(q_modem), .caller_id = "NMBR = %s" },
};

const struct personality *
personality_find(const char *name)
{
	for (size_t i = 0; i < COUNT(personalities); i++)
		if (strcmp(personalities[i].name, name) == 0)
			return &personalities[i];
	return NULL;
}

/* V.250's reports, or Rockwell's own, or one line. */
static void
connect_rockwell(const struct personality_call *call, char *text, size_t size)
{
	if (call->v > 0)
		snprintf(text, size, "CONNECT %u/V34/LAPM/V42BIS/%u:TX/%u:RX",
		    call->port, call->line, call->line);
	else if (call->mr > 0)
		snprintf(text, size, "+MCR: V34\n+MRR: %u,%u\n+ER: LAPM\n"
		    "+DR: V42B\nCONNECT %u", call->line, call->line,
		    call->port);
	else if (call->w == 1)
		snprintf(text, size, "CARRIER %u\nPROTOCOL: LAP-M\n"
		    "COMPRESSION: V.42BIS\nCONNECT %u", call->line,
		    call->port);
	else
		snprintf(text, size, "CONNECT %u", call->w == 2 ?
		    call->line : call->port);
}

static void
connect_zyxel(const struct personality_call *call, char *text, size_t size)
{
	snprintf(text, size, call->x >= 5 ? "CONNECT %u/V.34 %u/V.42bis" :
	    "CONNECT %u", call->port, call->line);
}

static void
connect_elsa(const struct personality_call *call, char *text, size_t size)
{
	snprintf(text, size, call->v > 0 ? "CONNECT %u/V34/LAPM/V42BIS" :
	    "CONNECT %u", call->line);
}

static void
connect_gsm(const struct personality_call *call, char *text, size_t size)
{
	snprintf(text, size, "%sCONNECT %u/RLP", call->mr > 0 ?
	    "+CR: REL ASYNC\n" : "", call->line);
}

/* Four digits at least. */
static void
connect_soft(const struct personality_call *call, char *text, size_t size)
{
	snprintf(text, size, "CONNECT %04u", call->line);
}

bool
personality_connect(const struct personality *personality,
    const struct personality_call *call, char *text, size_t size)
{
	static const struct {
		const char *name;
		void (*connect)(const struct personality_call *, char *,
		    size_t);
	} shapes[] = {
		{ "rockwell", connect_rockwell },
		{ "lucent", connect_rockwell },
		{ "multitech", connect_rockwell },
		{ "zyxel", connect_zyxel },
		{ "elsa", connect_elsa },
		{ "gsm", connect_gsm },
		{ "tcpser", connect_soft },
		{ "zimodem", connect_soft },
		{ "86box", connect_soft },
	};

	for (size_t i = 0; i < COUNT(shapes); i++) {
		if (strcmp(shapes[i].name, personality->name) != 0)
			continue;
		shapes[i].connect(call, text, size);
		return true;
	}
	return false;
}
