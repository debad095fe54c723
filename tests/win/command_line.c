/* command_line.c - shows what other programs can see of a program's arguments.
 *
 * command_line NAME.EXE    the command line of the first process with that file name, as it is now
 *
 * Exit status 2: no such process, or its command line cannot be read. */
#include <winsock2.h>
#include <windows.h>

#include <stdio.h>
#include <tlhelp32.h>
#include <winternl.h>

#define TEXT_MAX 32768

static HANDLE open_process(const wchar_t *name)
{
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0), found = NULL;
	for (BOOL more = Process32FirstW(all, &entry); more && !found;
		more = Process32NextW(all, &entry))
		if (_wcsicmp(entry.szExeFile, name) == 0)
			found = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE,
				entry.th32ProcessID);
	CloseHandle(all);
	return found;
}

/* From the process's memory, as task managers read it. */
static BOOL read_command_line(HANDLE process, WCHAR text[TEXT_MAX], size_t *ret_len)
{
	PROCESS_BASIC_INFORMATION basic;
	PEB peb;
	RTL_USER_PROCESS_PARAMETERS parameters;
	if (NtQueryInformationProcess(
		    process, ProcessBasicInformation, &basic, sizeof(basic), NULL) != 0 ||
		!ReadProcessMemory(process, basic.PebBaseAddress, &peb, sizeof(peb), NULL) ||
		!ReadProcessMemory(
			process, peb.ProcessParameters, &parameters, sizeof(parameters), NULL))
		return FALSE;
	SIZE_T len = parameters.CommandLine.Length;
	if (len > TEXT_MAX * sizeof(WCHAR) ||
		!ReadProcessMemory(process, parameters.CommandLine.Buffer, text, len, NULL))
		return FALSE;
	*ret_len = len / sizeof(WCHAR);
	return TRUE;
}

int main(int argc, char **argv)
{
	static WCHAR text[TEXT_MAX];
	wchar_t name[MAX_PATH];
	size_t len = 0;
	HANDLE process = NULL;
	if (argc == 2 && MultiByteToWideChar(CP_UTF8, 0, argv[1], -1, name, MAX_PATH) > 0)
		process = open_process(name);
	if (!process || !read_command_line(process, text, &len))
		return 2;
	for (size_t i = 0; i < len; i++)
		putchar(text[i] > 0 && text[i] < 127 ? text[i] : '.');
	puts("");
	return 0;
}
