#include <initguid.h> /* defines the firewall's GUIDs, which no library contains */

#include "netfix_windows.h"

#define COBJMACROS
#include <netfw.h>
#include <netlistmgr.h>

#include <stdio.h>
#include <string.h>

#include "wide.h"

#define RULE_NAME  "lanparty "
#define PATH_UNITS 1024

static enum netfix_answer answer_of(HRESULT error, HRESULT *ret_error)
{
	*ret_error = error;
	if (SUCCEEDED(error))
		return NETFIX_OK;
	return error == E_ACCESSDENIED ? NETFIX_DENIED : NETFIX_REFUSED;
}

/* Contains the adapter's name, so that several programs, each with its adapter, do not share a
 * rule. */
static BSTR rule_name(const char *guid)
{
	char text[sizeof(RULE_NAME) + ADAPTER_GUID];
	wchar_t wide[sizeof(text)];
	snprintf(text, sizeof(text), RULE_NAME "%s", guid);
	return SysAllocString(wide_from(wide, sizeof(text), text));
}

static HRESULT rules_open(INetFwRules **ret_rules)
{
	INetFwPolicy2 *policy;
	HRESULT error = CoCreateInstance(&CLSID_NetFwPolicy2, NULL, CLSCTX_INPROC_SERVER,
		&IID_INetFwPolicy2, (void **)&policy);
	if (FAILED(error))
		return error;
	*ret_rules = NULL;
	error = INetFwPolicy2_get_Rules(policy, ret_rules);
	INetFwPolicy2_Release(policy);
	return SUCCEEDED(error) && !*ret_rules ? E_UNEXPECTED : error;
}

enum netfix_answer netfix_rule_read(const char *guid, uint32_t *ret_value, HRESULT *ret_error)
{
	INetFwRules *rules;
	INetFwRule *rule = NULL;
	HRESULT error = rules_open(&rules);
	if (FAILED(error))
		return answer_of(error, ret_error);
	BSTR name = rule_name(guid);
	error = name ? INetFwRules_Item(rules, name, &rule) : E_OUTOFMEMORY;
	if (SUCCEEDED(error) && rule)
		INetFwRule_Release(rule);
	if (error == HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)) {
		error = S_OK;
		rule = NULL;
	}
	SysFreeString(name);
	INetFwRules_Release(rules);
	if (SUCCEEDED(error))
		*ret_value = rule != NULL;
	return answer_of(error, ret_error);
}

static HRESULT fill_rule(INetFwRule *rule, BSTR name)
{
	wchar_t path[PATH_UNITS];
	DWORD units = GetModuleFileNameW(NULL, path, PATH_UNITS);
	if (units == 0 || units >= PATH_UNITS)
		return HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER);
	BSTR program = SysAllocString(path);
	BSTR description = SysAllocString(L"While this computer is in a lanparty room");
	HRESULT error = program && description ? S_OK : E_OUTOFMEMORY;
	if (SUCCEEDED(error))
		error = INetFwRule_put_Name(rule, name);
	if (SUCCEEDED(error))
		error = INetFwRule_put_Description(rule, description);
	if (SUCCEEDED(error))
		error = INetFwRule_put_ApplicationName(rule, program);
	if (SUCCEEDED(error))
		error = INetFwRule_put_Protocol(rule, NET_FW_IP_PROTOCOL_UDP);
	if (SUCCEEDED(error))
		error = INetFwRule_put_Direction(rule, NET_FW_RULE_DIR_IN);
	if (SUCCEEDED(error))
		error = INetFwRule_put_Profiles(rule, NET_FW_PROFILE2_ALL);
	if (SUCCEEDED(error))
		error = INetFwRule_put_Action(rule, NET_FW_ACTION_ALLOW);
	if (SUCCEEDED(error))
		error = INetFwRule_put_Enabled(rule, VARIANT_TRUE);
	SysFreeString(description);
	SysFreeString(program);
	return error;
}

static HRESULT add_rule(INetFwRules *rules, BSTR name)
{
	INetFwRule *rule;
	HRESULT error = CoCreateInstance(
		&CLSID_NetFwRule, NULL, CLSCTX_INPROC_SERVER, &IID_INetFwRule, (void **)&rule);
	if (FAILED(error))
		return error;
	error = fill_rule(rule, name);
	if (SUCCEEDED(error))
		error = INetFwRules_Add(rules, rule);
	INetFwRule_Release(rule);
	return error;
}

enum netfix_answer netfix_rule_write(const char *guid, bool there, HRESULT *ret_error)
{
	INetFwRules *rules;
	HRESULT error = rules_open(&rules);
	if (FAILED(error))
		return answer_of(error, ret_error);
	BSTR name = rule_name(guid);
	if (!name)
		error = E_OUTOFMEMORY;
	else
		error = there ? add_rule(rules, name) : INetFwRules_Remove(rules, name);
	SysFreeString(name);
	INetFwRules_Release(rules);
	return answer_of(error, ret_error);
}

static HRESULT manager_open(INetworkListManager **ret_manager)
{
	return CoCreateInstance(&CLSID_NetworkListManager, NULL, CLSCTX_ALL,
		&IID_INetworkListManager, (void **)ret_manager);
}

/* S_FALSE: the connection belongs to another adapter. */
static HRESULT network_of(
	INetworkConnection *connection, const GUID *adapter, INetwork **ret_network)
{
	GUID guid;
	HRESULT error = INetworkConnection_GetAdapterId(connection, &guid);
	if (FAILED(error))
		return error;
	if (!IsEqualGUID(&guid, adapter))
		return S_FALSE;
	return INetworkConnection_GetNetwork(connection, ret_network);
}

/* S_FALSE: the adapter is in no network. */
static HRESULT find_network(
	INetworkListManager *manager, const GUID *adapter, INetwork **ret_network)
{
	IEnumNetworkConnections *list;
	HRESULT error = INetworkListManager_GetNetworkConnections(manager, &list);
	if (FAILED(error))
		return error;
	for (;;) {
		INetworkConnection *connection = NULL;
		ULONG count = 0;
		error = IEnumNetworkConnections_Next(list, 1, &connection, &count);
		if (error != S_OK || count == 0 || !connection)
			break;
		error = network_of(connection, adapter, ret_network);
		INetworkConnection_Release(connection);
		if (error != S_FALSE)
			break;
	}
	IEnumNetworkConnections_Release(list);
	return error;
}

static HRESULT read_category(INetwork *network, struct netfix_setting *setting)
{
	NLM_NETWORK_CATEGORY category;
	GUID guid;
	HRESULT error = INetwork_GetNetworkId(network, &guid);
	if (SUCCEEDED(error))
		error = INetwork_GetCategory(network, &category);
	if (SUCCEEDED(error)) {
		setting->network = guid;
		setting->value = (uint32_t)category;
	}
	return error;
}

enum netfix_answer netfix_category_read(
	const char *guid, struct netfix_setting *setting, HRESULT *ret_error)
{
	static const GUID zero;
	INetworkListManager *manager;
	INetwork *network = NULL;
	GUID adapter;
	enum netfix_answer answer;
	bool named = !IsEqualGUID(&setting->network, &zero);
	HRESULT error = manager_open(&manager);
	if (FAILED(error))
		return answer_of(error, ret_error);
	if (named)
		error = INetworkListManager_GetNetwork(manager, setting->network, &network);
	else if (netfix_guid_parse(guid, &adapter))
		error = find_network(manager, &adapter, &network);
	if (network)
		answer = answer_of(read_category(network, setting), ret_error);
	else if (named)
		answer = NETFIX_GONE;
	else
		answer = FAILED(error) ? answer_of(error, ret_error) : NETFIX_NOT_THERE;
	if (network)
		INetwork_Release(network);
	INetworkListManager_Release(manager);
	return answer;
}

enum netfix_answer netfix_category_write(const struct netfix_setting *setting, HRESULT *ret_error)
{
	INetworkListManager *manager;
	INetwork *network = NULL;
	HRESULT error = manager_open(&manager);
	if (FAILED(error))
		return answer_of(error, ret_error);
	error = INetworkListManager_GetNetwork(manager, setting->network, &network);
	if (network) {
		error = INetwork_SetCategory(network, (NLM_NETWORK_CATEGORY)setting->value);
		INetwork_Release(network);
	} else if (SUCCEEDED(error)) {
		error = E_UNEXPECTED; /* it existed a moment ago */
	}
	INetworkListManager_Release(manager);
	return answer_of(error, ret_error);
}
