/* adapter_mac.c - gives an adapter another MAC address, which the driver reads when the adapter
 * starts. */
#include "adapter_private.h"

#include <setupapi.h>
#include <devguid.h>

#include <stdio.h>
#include <string.h>

#include "wide.h"

#define PATH_MAX_UNITS 256
#define BACK_TIMEOUT   10000 /* milliseconds until the adapter is back */
#define BACK_INTERVAL  250

LSTATUS adapter_store_mac(const struct adapter *adapter, const struct lp_mac *mac)
{
	wchar_t path[PATH_MAX_UNITS], digits[13];
	const uint8_t *b = mac->b;
	swprintf(digits, 13, L"%02X%02X%02X%02X%02X%02X", b[0], b[1], b[2], b[3], b[4], b[5]);
	wide_from(path, PATH_MAX_UNITS, adapter->class_key);
	return RegSetKeyValueW(
		HKEY_LOCAL_MACHINE, path, L"NetworkAddress", REG_SZ, digits, sizeof(digits));
}

/* The adapter's class key ends like the device's "driver" property: {class}\NNNN. */
static bool is_device_of(HDEVINFO set, SP_DEVINFO_DATA *device, const struct adapter *adapter)
{
	wchar_t driver[PATH_MAX_UNITS], key[PATH_MAX_UNITS];
	wide_from(key, PATH_MAX_UNITS, adapter->class_key);
	memset(driver, 0, sizeof(driver));
	if (!SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_DRIVER, NULL, (BYTE *)driver,
		    sizeof(driver) - sizeof(*driver), NULL))
		return false;
	const wchar_t *class = wcschr(key, L'{');
	return class && _wcsicmp(driver, class) == 0;
}

/* Disables and enables the device in one step, as a change of its properties does. */
static bool restart_device(HDEVINFO set, SP_DEVINFO_DATA *device)
{
	SP_PROPCHANGE_PARAMS change = {
		.ClassInstallHeader = {sizeof(change.ClassInstallHeader), DIF_PROPERTYCHANGE},
		.StateChange = DICS_PROPCHANGE,
		.Scope = DICS_FLAG_CONFIGSPECIFIC,
	};
	return SetupDiSetClassInstallParamsW(
		       set, device, &change.ClassInstallHeader, sizeof(change)) &&
	       SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, set, device);
}

/* Returns a GetLastError code, 0 for success. */
static DWORD restart(const struct adapter *adapter)
{
	HDEVINFO set = SetupDiGetClassDevsW(&GUID_DEVCLASS_NET, NULL, NULL, DIGCF_PRESENT);
	if (set == INVALID_HANDLE_VALUE)
		return GetLastError();
	DWORD error = ERROR_NO_SUCH_DEVINST;
	SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
	for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &device); i++) {
		if (is_device_of(set, &device, adapter)) {
			error = restart_device(set, &device) ? 0 : GetLastError();
			break;
		}
	}
	SetupDiDestroyDeviceInfoList(set);
	return error;
}

static void open_when_it_is_back(struct adapter_choice *choice, adapter_opener *opener)
{
	for (int waited = 0;; waited += BACK_INTERVAL) {
		opener(&choice->adapter, &choice->opened);
		if (choice->opened.handle != INVALID_HANDLE_VALUE || waited >= BACK_TIMEOUT)
			return;
		Sleep(BACK_INTERVAL);
	}
}

static bool refuse(struct adapter_choice *choice, enum adapter_problem problem, const char *format,
	const struct lp_mac *mac)
{
	char text[LP_MAC_TEXT];
	if (choice->opened.handle != INVALID_HANDLE_VALUE)
		CloseHandle(choice->opened.handle);
	choice->opened.handle = INVALID_HANDLE_VALUE;
	choice->problem = problem;
	snprintf(choice->reason, ADAPTER_REASON, format, lp_mac_format(mac, text));
	return false;
}

bool adapter_change_mac(
	struct adapter_choice *choice, const struct lp_mac *mac, adapter_opener *opener)
{
	if (!lp_mac_is_station(mac) || !(mac->b[0] & 2))
		return refuse(choice, ADAPTER_FAILED,
			"A TAP-Windows6 adapter cannot have the hardware address %s: the second "
			"digit must be 2, 6, A or E, as in 02:00:00:00:00:01. Choose another one, "
			"or leave it to lanparty.",
			mac);
	CloseHandle(choice->opened.handle); /* nobody can hold it while it restarts */
	choice->opened.handle = INVALID_HANDLE_VALUE;
	DWORD error = (DWORD)adapter_store_mac(&choice->adapter, mac);
	if (error == 0)
		error = restart(&choice->adapter);
	if (error == ERROR_ACCESS_DENIED)
		return refuse(choice, ADAPTER_NO_RIGHTS,
			"Only an administrator can give the adapter the hardware address %s. "
			"Right-click lanparty and choose \"Run as administrator\".",
			mac);
	if (error == 0)
		open_when_it_is_back(choice, opener);
	if (choice->opened.handle == INVALID_HANDLE_VALUE ||
		!lp_mac_equal(mac, &choice->opened.mac))
		return refuse(choice, ADAPTER_FAILED,
			"The adapter has not taken the hardware address %s. Restart the computer "
			"and try again; if that does not help, leave the address to lanparty.",
			mac);
	return true;
}
