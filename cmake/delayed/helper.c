/* Around MinGW's __delayLoadHelper2 (see delayed.cmake), which finds a function on its first call and notes
 * its address in the section .idata. Newer binutils (2.44 does) make that section read-only: it is
 * writable here for as long as the helper needs. */
#include <windows.h>

#include <delayimp.h>
#include <stdbool.h>

FARPROC WINAPI __real___delayLoadHelper2(PCImgDelayDescr library, FARPROC *address);
FARPROC WINAPI __wrap___delayLoadHelper2(PCImgDelayDescr library, FARPROC *address);

FARPROC WINAPI __wrap___delayLoadHelper2(PCImgDelayDescr library, FARPROC *address)
{
	static SRWLOCK lock = SRWLOCK_INIT; /* or one thread protects what another is to write */
	DWORD before, ours;
	AcquireSRWLockExclusive(&lock);
	bool opened = VirtualProtect(address, sizeof(*address), PAGE_READWRITE, &before);
	FARPROC function = __real___delayLoadHelper2(library, address);
	if (opened)
		VirtualProtect(address, sizeof(*address), before, &ours);
	ReleaseSRWLockExclusive(&lock);
	return function;
}
