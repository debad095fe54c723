#include "netfix_windows.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>

#include "lanparty/edge/log.h"
#include "wide.h"

#define NAME "Global\\lanparty-netfix-"
/* Administrators and SYSTEM have full access, nobody else has any. */
#define RIGHTS    L"D:P(A;;GA;;;BA)(A;;GA;;;SY)"
#define OWNER_MAX (sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE)

static bool is_our_owner(PSID owner)
{
	_Alignas(TOKEN_OWNER) BYTE bytes[OWNER_MAX];
	DWORD len;
	HANDLE token;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	bool same = GetTokenInformation(token, TokenOwner, bytes, sizeof(bytes), &len) &&
		    EqualSid(owner, ((TOKEN_OWNER *)bytes)->Owner);
	CloseHandle(token);
	return same;
}

/* True if an administrator made the mutex. Anybody can create an object of that name first. */
static bool is_trusted(HANDLE mutex)
{
	PSID owner = NULL;
	PSECURITY_DESCRIPTOR security = NULL;
	bool trusted = GetSecurityInfo(mutex, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
			       NULL, NULL, NULL, &security) == ERROR_SUCCESS &&
		       owner &&
		       (IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
			       IsWellKnownSid(owner, WinLocalSystemSid) || is_our_owner(owner));
	LocalFree(security);
	return trusted;
}

static HANDLE make(const wchar_t *name, DWORD *ret_error)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes)};
	HANDLE mutex = NULL;
	SetLastError(NO_ERROR);
	if (ConvertStringSecurityDescriptorToSecurityDescriptorW(
		    RIGHTS, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
		mutex = CreateMutexW(&attributes, FALSE, name);
	*ret_error = GetLastError();
	LocalFree(attributes.lpSecurityDescriptor);
	return mutex;
}

bool netfix_lock(const char *guid, unsigned wait_ms, HANDLE *ret_mutex)
{
	char text[sizeof(NAME) + ADAPTER_GUID];
	wchar_t wide[sizeof(text)];
	DWORD error, result = WAIT_FAILED;
	snprintf(text, sizeof(text), NAME "%s", guid);
	HANDLE mutex = make(wide_from(wide, sizeof(text), text), &error);
	/* A mutex of another lanparty belongs to an administrator, who can open it. */
	bool counts = mutex && (error != ERROR_ALREADY_EXISTS || is_trusted(mutex));
	if (counts)
		result = WaitForSingleObject(mutex, wait_ms);
	else
		lp_log(LP_LOG_WARNING, "lock_is_nobodys", "name=%s error=%lu", text,
			(unsigned long)error);
	bool held = result == WAIT_OBJECT_0 || result == WAIT_ABANDONED;
	if (mutex && !held)
		CloseHandle(mutex);
	*ret_mutex = held ? mutex : NULL;
	return held || !counts;
}
