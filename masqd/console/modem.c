/* A modem as the console's answers show it. */
#include "modem.h"

#include "json.h"
#include "serial/diagnosis.h"
#include "serial/result.h"

static json_t *
diagnosis_json(const struct diagnosis *diagnosis)
{
	json_t *object = json_object();

	if (diagnosis->reason[0] != '\0')
		json_object_set_new(object, "reason",
		    console_text(diagnosis->reason));
	for (unsigned i = 0; i < DIAGNOSIS_NUMBERS; i++)
		if (diagnosis->known & 1u << i)
			json_object_set_new(object, diagnosis_number_name(i),
			    json_integer(diagnosis->number[i]));
	if (diagnosis->protocol[0] != '\0')
		json_object_set_new(object, "protocol",
		    console_text(diagnosis->protocol));
	if (diagnosis->compression[0] != '\0')
		json_object_set_new(object, "compression",
		    console_text(diagnosis->compression));
	return object;
}

json_t *
console_modem(const struct line_status *status)
{
	const struct result_connect *link = status->link;

	return json_pack("{s:s, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "family",
	    status->family, "model", console_text(status->model), "tx",
	    (int)link->rates.tx, "rx", (int)link->rates.rx, "modulation",
	    console_text(link->modulation), "protocol",
	    console_text(link->protocol), "compression",
	    console_text(link->compression), "last_call",
	    diagnosis_json(status->diagnosis));
}
