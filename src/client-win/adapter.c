#include "adapter_private.h"

#include <winioctl.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wide.h"

#define KEY_NAME_MAX    32  /* a subkey of the class: four digits */
#define VALUE_MAX       128 /* of a value that identifies an adapter */
#define NAME_MAX_UNITS  256 /* of a connection's name; Windows' limit is lower */
#define PATH_MAX_UNITS  256
#define CONTROL_TIMEOUT 2000 /* milliseconds; the driver answers at once */

/* The driver's control codes. tap-windows.h defines them for DeviceIoControl with
 * METHOD_BUFFERED. */
#define CONTROL(number)     CTL_CODE(FILE_DEVICE_UNKNOWN, number, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define CONTROL_GET_MAC     CONTROL(1)
#define CONTROL_GET_VERSION CONTROL(2)
#define CONTROL_SET_MEDIA   CONTROL(6)
_Static_assert(CONTROL_GET_MAC == 0x220004 && CONTROL_GET_VERSION == 0x220008 &&
		       CONTROL_SET_MEDIA == 0x220018,
	"the driver's numbers");

/* ---- the registry */

/* Reads a text value of key\subkey and terminates it. False: not a text, or too long. */
static bool read_text(
	HKEY key, const wchar_t *subkey, const wchar_t *name, wchar_t *ret_text, size_t cap)
{
	DWORD bytes = (DWORD)(cap * sizeof(*ret_text));
	return RegGetValueW(key, subkey, name, RRF_RT_REG_SZ, NULL, ret_text, &bytes) ==
	       ERROR_SUCCESS;
}

static bool is_component(const wchar_t *text)
{
	return _wcsicmp(text, L"tap0901") == 0 || _wcsicmp(text, L"root\\tap0901") == 0;
}

/* Checked because it becomes part of a path. */
static bool is_guid(const wchar_t *text)
{
	static const char shape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
	if (wcslen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == 'x' ? !wcschr(L"0123456789abcdefABCDEF", text[i])
				    : text[i] != (wchar_t)shape[i])
			return false;
	}
	return true;
}

/* Takes the first two numbers of "9.27.0.0". */
static void parse_version(const wchar_t *text, struct adapter *a)
{
	char narrow[VALUE_MAX];
	unsigned major, minor;
	wide_to(narrow, sizeof(narrow), text);
	if (sscanf(narrow, "%4u.%4u", &major, &minor) == 2) {
		a->driver_major = major;
		a->driver_minor = minor;
	}
}

static void read_name(struct adapter *a)
{
	wchar_t key[PATH_MAX_UNITS], name[NAME_MAX_UNITS];
	char path[PATH_MAX_UNITS];
	snprintf(path, sizeof(path), ADAPTER_NETWORK "\\%s\\Connection", a->guid);
	wide_from(key, PATH_MAX_UNITS, path);
	if (read_text(HKEY_LOCAL_MACHINE, key, L"Name", name, NAME_MAX_UNITS))
		wide_to(a->name, sizeof(a->name), name);
}

static bool read_adapter(HKEY class, const wchar_t *subkey, struct adapter *ret_adapter)
{
	wchar_t value[VALUE_MAX];
	char narrow[3 * KEY_NAME_MAX];
	if (!read_text(class, subkey, L"ComponentId", value, VALUE_MAX) || !is_component(value) ||
		!read_text(class, subkey, L"NetCfgInstanceId", value, VALUE_MAX) || !is_guid(value))
		return false;
	memset(ret_adapter, 0, sizeof(*ret_adapter));
	wide_to(ret_adapter->guid, sizeof(ret_adapter->guid), value);
	snprintf(ret_adapter->class_key, sizeof(ret_adapter->class_key), ADAPTER_CLASS "\\%s",
		wide_to(narrow, sizeof(narrow), subkey));
	if (read_text(class, subkey, L"DriverVersion", value, VALUE_MAX))
		parse_version(value, ret_adapter);
	read_name(ret_adapter);
	return true;
}

size_t adapter_list(struct adapter *list, size_t cap)
{
	HKEY class;
	wchar_t path[PATH_MAX_UNITS];
	wide_from(path, PATH_MAX_UNITS, ADAPTER_CLASS);
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &class) != ERROR_SUCCESS)
		return 0;
	size_t count = 0;
	for (DWORD i = 0; count < cap; i++) {
		wchar_t subkey[KEY_NAME_MAX];
		DWORD units = KEY_NAME_MAX;
		LSTATUS status = RegEnumKeyExW(class, i, subkey, &units, NULL, NULL, NULL, NULL);
		if (status == ERROR_MORE_DATA) /* no adapter has such a long name */
			continue;
		if (status != ERROR_SUCCESS)
			break;
		if (read_adapter(class, subkey, &list[count]))
			count++;
	}
	RegCloseKey(class);
	return count;
}

/* ---- the driver */

/* Passes bytes to the driver, which overwrites them with its answer. The driver needs both buffers,
 * also where it reads only one. The event handle's lowest bit keeps the completion from a port that
 * the handle belongs to. */
static bool control(HANDLE handle, DWORD code, void *bytes, DWORD len)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!event)
		return false;
	OVERLAPPED o = {.hEvent = (HANDLE)((ULONG_PTR)event | 1)};
	DWORD got = 0;
	BOOL good = DeviceIoControl(handle, code, bytes, len, bytes, len, &got, &o);
	if (!good && GetLastError() == ERROR_IO_PENDING) {
		if (WaitForSingleObject(event, CONTROL_TIMEOUT) != WAIT_OBJECT_0)
			CancelIoEx(handle, &o);
		good = GetOverlappedResult(handle, &o, &got, TRUE);
	}
	DWORD error = GetLastError();
	CloseHandle(event);
	SetLastError(error);
	return good;
}

bool adapter_set_media(HANDLE handle, bool up)
{
	uint32_t status = up;
	return control(handle, CONTROL_SET_MEDIA, &status, sizeof(status));
}

void adapter_open_device(const struct adapter *adapter, struct adapter_opened *ret)
{
	char path[PATH_MAX_UNITS];
	wchar_t wide[PATH_MAX_UNITS];
	uint32_t version[3] = {0};
	memset(ret, 0, sizeof(*ret));
	snprintf(path, sizeof(path), "\\\\.\\Global\\%s.tap", adapter->guid);
	ret->handle =
		CreateFileW(wide_from(wide, PATH_MAX_UNITS, path), GENERIC_READ | GENERIC_WRITE, 0,
			NULL, OPEN_EXISTING, FILE_ATTRIBUTE_SYSTEM | FILE_FLAG_OVERLAPPED, NULL);
	if (ret->handle == INVALID_HANDLE_VALUE) {
		ret->error = GetLastError();
		return;
	}
	if (!control(ret->handle, CONTROL_GET_VERSION, version, sizeof(version)) ||
		!control(ret->handle, CONTROL_GET_MAC, ret->mac.b, sizeof(ret->mac.b))) {
		ret->error = GetLastError();
		CloseHandle(ret->handle);
		ret->handle = INVALID_HANDLE_VALUE;
		return;
	}
	ret->major = version[0];
	ret->minor = version[1];
}

HANDLE adapter_open(const char *wanted, const struct lp_mac *mac, struct adapter_choice *ret_choice)
{
	struct adapter list[ADAPTERS_MAX];
	size_t count = adapter_list(list, ADAPTERS_MAX);
	adapter_choose(list, count, wanted, adapter_open_device, ret_choice);
	bool good = ret_choice->problem == ADAPTER_GOOD;
	if (good && mac && !lp_mac_equal(mac, &ret_choice->opened.mac))
		good = adapter_change_mac(ret_choice, mac, adapter_open_device);
	return good ? ret_choice->opened.handle : INVALID_HANDLE_VALUE;
}
