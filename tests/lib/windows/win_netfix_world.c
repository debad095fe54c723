#include "win_netfix_world.h"

/* After the crash nothing more happens, because the program is dead. */
static bool dead(struct world *w)
{
	return w->crash_after > 0 && w->steps >= w->crash_after;
}

static bool step(struct world *w, char kind, enum netfix_item item, uint32_t value)
{
	if (dead(w))
		return false;
	w->steps++;
	assert_true(w->entries < STEPS_MAX);
	w->journal[w->entries].kind = kind;
	w->journal[w->entries].item = item;
	w->journal[w->entries++].value = value;
	return true;
}

static int adapter_index(const char *guid)
{
	return _stricmp(guid, TWO) == 0;
}

static GUID network_guid(int network)
{
	GUID guid = {.Data1 = (unsigned long)network};
	return guid;
}

static enum netfix_answer read_category(struct world *w, struct netfix_setting *setting)
{
	int network = (int)setting->network.Data1;
	if (network == 0)
		network = w->network;
	if (network == 0)
		return NETFIX_NOT_THERE;
	if (w->forgotten[network])
		return NETFIX_GONE;
	setting->network = network_guid(network);
	setting->value = w->category[network];
	return NETFIX_OK;
}

static enum netfix_answer world_read(
	void *context, const char *guid, enum netfix_item item, struct netfix_setting *setting)
{
	struct world *w = context;
	int adapter = adapter_index(guid);
	if (w->hang)
		WaitForSingleObject(w->hang, INFINITE);
	if (!step(w, 'r', item, 0))
		return NETFIX_REFUSED;
	if (item == NETFIX_CATEGORY)
		return read_category(w, setting);
	if (w->no_ipv6 && (item == NETFIX_ROUTER_DISCOVERY_6 || item == NETFIX_DEFAULT_ROUTES_6 ||
				  item == NETFIX_METRIC_6 || item == NETFIX_MTU_6))
		return NETFIX_NOT_THERE;
	if (w->there[adapter] != NETFIX_OK && item != NETFIX_FIREWALL_RULE)
		return w->there[adapter];
	setting->value = w->values[adapter][item];
	return NETFIX_OK;
}

static enum netfix_answer world_write(void *context, const char *guid, enum netfix_item item,
	const struct netfix_setting *setting)
{
	struct world *w = context;
	if (!step(w, 'w', item, setting->value))
		return NETFIX_REFUSED;
	w->writes++;
	if (w->write_answer[item] != NETFIX_OK)
		return w->write_answer[item];
	if (item == NETFIX_CATEGORY)
		w->category[setting->network.Data1] = setting->value;
	else
		w->values[adapter_index(guid)][item] = setting->value;
	return NETFIX_OK;
}

static bool same_note(const struct netfix_note *a, const struct netfix_note *b)
{
	return _stricmp(a->guid, b->guid) == 0 && a->item == b->item &&
	       a->network.Data1 == b->network.Data1;
}

static void world_forget(void *context, const struct netfix_note *note)
{
	struct world *w = context;
	if (!step(w, 'f', note->item, 0))
		return;
	for (size_t i = 0; i < w->note_count; i++) {
		if (same_note(&w->notes[i], note))
			w->notes[i] = w->notes[--w->note_count];
	}
}

static bool world_note(void *context, const struct netfix_note *note)
{
	struct world *w = context;
	size_t i = 0;
	if (w->note_fails || !step(w, 'n', note->item, note->now))
		return false;
	assert_true(netfix_note_is_good(note));
	while (i < w->note_count && !same_note(&w->notes[i], note))
		i++;
	assert_true(i < NETFIX_NOTES_MAX);
	w->notes[i] = *note;
	w->note_count += i == w->note_count;
	return true;
}

static size_t world_notes(void *context, struct netfix_note *list, size_t cap)
{
	struct world *w = context;
	size_t count = dead(w) ? 0 : w->note_count < cap ? w->note_count : cap;
	memcpy(list, w->notes, count * sizeof(*list));
	return count;
}

static bool world_lock(void *context, const char *guid, unsigned wait_ms)
{
	struct world *w = context;
	(void)wait_ms;
	if (w->locked_by_other && adapter_index(guid) == 0)
		return false;
	assert_false(w->locked);
	w->locked = true;
	return true;
}

static void world_unlock(void *context)
{
	struct world *w = context;
	assert_true(w->locked);
	w->locked = false;
}

static bool world_look(void *context, const char *guid, struct netfix_view *ret_view)
{
	struct world *w = context;
	(void)guid;
	*ret_view = w->view;
	return true;
}

static void world_watch(void *context, HANDLE event)
{
	struct world *w = context;
	w->event = event;
}

static void world_close(void *context)
{
	struct world *w = context;
	w->closed++;
}

void world_tell(void *context, const struct netfix_report *report)
{
	struct world *w = context;
	if (report->kind == NETFIX_WARNING) {
		w->warnings++;
		memcpy(w->warned, report->text, sizeof(w->warned));
	} else if (report->kind == NETFIX_ADDRESS) {
		w->address_reports++;
		memcpy(w->address, report->text, sizeof(w->address));
	} else {
		w->network_reports++;
	}
}

struct netfix_system system_of(struct world *w)
{
	return (struct netfix_system){w, world_read, world_write, world_note, world_forget,
		world_notes, world_lock, world_unlock, world_look, world_watch, world_close};
}

void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	for (int i = 0; i < 2; i++) {
		uint32_t *v = w->values[i];
		v[NETFIX_ROUTER_DISCOVERY_6] = 1;
		v[NETFIX_METRIC_4] = v[NETFIX_METRIC_6] = NETFIX_AUTOMATIC;
		v[NETFIX_MTU_4] = v[NETFIX_MTU_6] = 1500;
		v[NETFIX_ROOM_ADDRESS] = NETFIX_ABSENT;
		v[NETFIX_BROADCAST_ROUTE] = v[NETFIX_MULTICAST_ROUTE] = NETFIX_ABSENT;
	}
	w->network = 1;
}

bool same_settings(const struct world *a, const struct world *b)
{
	return memcmp(a->values, b->values, sizeof(a->values)) == 0 &&
	       memcmp(a->category, b->category, sizeof(a->category)) == 0;
}

void begin(struct netfix_work *work, struct netfix_system *system, struct world *w)
{
	*system = system_of(w);
	netfix_work_init(work, system, ONE, 1400, (struct netfix_listener){world_tell, w});
}

void assert_changed(const struct world *w)
{
	static const struct {
		enum netfix_item item;
		uint32_t value;
	} rows[] = {
		{NETFIX_FIREWALL_RULE, 1},
		{NETFIX_ROUTER_DISCOVERY_6, 0},
		{NETFIX_DEFAULT_ROUTES_4, 1},
		{NETFIX_DEFAULT_ROUTES_6, 1},
		{NETFIX_METRIC_4, 1},
		{NETFIX_METRIC_6, 1},
		{NETFIX_MTU_4, 1400},
		{NETFIX_MTU_6, 1400},
		{NETFIX_BROADCAST_ROUTE, 0},
		{NETFIX_MULTICAST_ROUTE, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (w->values[0][rows[i].item] != rows[i].value)
			fail_msg("%s is %u", netfix_item_name(rows[i].item),
				(unsigned)w->values[0][rows[i].item]);
	}
	assert_int_equal(w->category[1], NETFIX_PRIVATE);
}
