; The installer of the Windows client, for makensis. tools/package-windows runs it and defines
;   VERSION  as in 0.1.0
;   STAGE    the folder with the files to install
;   SIZE     of them, in KiB
;   OUT      the file to make
;   INI      there is a lanparty.ini among them
;   DRIVER   the TAP driver's installer, and DRIVER_MSI when that is an .msi
;
; Exit status: 0 installed; 1 cancelled; 2 stopped, because a program runs that cannot be closed;
; 3 installed, but there is no TAP adapter although this installer brings the driver.
;
; Per machine, for x64. Everything that it runs has an absolute path.

Target amd64-unicode
Unicode true
SetCompressor /SOLID lzma
RequestExecutionLevel admin
ManifestDPIAware true

!include MUI2.nsh
!include LogicLib.nsh
!include WordFunc.nsh
!include WinMessages.nsh

!define PROGRAM   lanparty-client.exe
!define WINDOW    lanparty-window ; the class of its window
!define KEY       SOFTWARE\lanparty ; where it writes down what it changes
!define PLAYER    Software\lanparty ; of the player: relay and name
!define LINKS     SOFTWARE\Classes\lanparty
!define UNINSTALL SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\lanparty
!define ADAPTERS  SYSTEM\CurrentControlSet\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}
!define NETWORK   SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}
!define OLDEST    9.27 ; of the driver: CVE-2024-1305 is in all before
!define DOWNLOAD  https://openvpn.net/community-downloads/

Name lanparty
OutFile "${OUT}"
InstallDir $PROGRAMFILES64\lanparty
InstallDirRegKey HKLM "${UNINSTALL}" InstallLocation
BrandingText "lanparty ${VERSION}"
ShowInstDetails show
ShowUninstDetails show
VIProductVersion ${VERSION}.0
VIAddVersionKey ProductName lanparty
VIAddVersionKey ProductVersion ${VERSION}
VIAddVersionKey FileVersion ${VERSION}
VIAddVersionKey FileDescription "lanparty's installer"
VIAddVersionKey CompanyName "the lanparty developers"
VIAddVersionKey LegalCopyright "the lanparty developers; GPLv3, the code of lanparty itself MIT"

Var Driver  ; of the TAP adapters: none, old or good
Var Adapter ; one of them is called lanparty: yes or no
Var Finish  ; what the last page says

!define MUI_WELCOMEPAGE_TITLE "lanparty ${VERSION}"
!define MUI_WELCOMEPAGE_TEXT "Friends far away, in one LAN: this computer gets a virtual network \
card, and games find each other as if all sat in one room.$\r$\n$\r$\nThe Start menu gets \
lanparty, and links that begin with lanparty:// open it."
!define MUI_FINISHPAGE_TITLE "lanparty is installed"
!define MUI_FINISHPAGE_TEXT $Finish
!define MUI_FINISHPAGE_TEXT_LARGE
!define MUI_FINISHPAGE_RUN $INSTDIR\${PROGRAM}
!define MUI_FINISHPAGE_LINK "Where to get the TAP driver"
!define MUI_FINISHPAGE_LINK_LOCATION ${DOWNLOAD}
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_INSTFILES
!define MUI_PAGE_CUSTOMFUNCTION_SHOW show_link
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

Function show_link
	${NSD_OnClick} $mui.FinishPage.Link open_link
	${If} $Driver == good
		ShowWindow $mui.FinishPage.Link ${SW_HIDE}
	${EndIf}
FunctionEnd

; In the player's browser: the shell's own process starts it, without the rights of this one.
Function open_link
	Pop $0 ; the link
	Exec '"$WINDIR\explorer.exe" "${DOWNLOAD}"'
FunctionEnd

; Asks a running client to leave its room and end, as Windows does before it shuts down, and stops
; the installer when it does not: its file could not be replaced, and its changes to the network not
; be put back.
!macro CLOSE_CLIENT un
Function ${un}close_client
	StrCpy $1 0 ; rounds
	${Do}
		FindWindow $0 "${WINDOW}"
		${If} $0 <> 0
		${AndIf} $1 = 0
			MessageBox MB_OKCANCEL|MB_ICONINFORMATION "lanparty is running. It will leave its room and end." \
/SD IDOK IDOK send
			Abort
		send:
			SendMessage $0 ${WM_ENDSESSION} 1 1 /TIMEOUT=10000 ; 1: ENDSESSION_CLOSEAPP
		${EndIf}
		StrCpy $2 free
		${If} ${FileExists} "$INSTDIR\${PROGRAM}" ; a running program cannot be written to
			ClearErrors
			FileOpen $3 "$INSTDIR\${PROGRAM}" a
			${If} ${Errors}
				StrCpy $2 taken
			${Else}
				FileClose $3
			${EndIf}
		${EndIf}
		${If} $0 = 0
		${AndIf} $2 == free
			Return
		${EndIf}
		Sleep 250
		IntOp $1 $1 + 1
	${LoopUntil} $1 > 40
	MessageBox MB_OK|MB_ICONSTOP "lanparty is still running: close it (right click on its symbol near \
the clock, Exit) and start this again." /SD IDOK
	SetErrorLevel 2
	Abort "lanparty is still running."
FunctionEnd
!macroend
!insertmacro CLOSE_CLIENT ""
!insertmacro CLOSE_CLIENT un.

; Sets $Driver and $Adapter.
Function look_for_adapters
	StrCpy $Driver none
	StrCpy $Adapter no
	StrCpy $0 0
	${Do}
		EnumRegKey $1 HKLM "${ADAPTERS}" $0
		IntOp $0 $0 + 1
		ReadRegStr $2 HKLM "${ADAPTERS}\$1" ComponentId
		${If} $2 == tap0901
		${OrIf} $2 == root\tap0901
			ReadRegStr $2 HKLM "${ADAPTERS}\$1" DriverVersion
			${VersionCompare} "$2" ${OLDEST} $3 ; 2: the first is older
			${If} $3 <> 2
				StrCpy $Driver good
			${ElseIf} $Driver == none
				StrCpy $Driver old
			${EndIf}
			ReadRegStr $2 HKLM "${ADAPTERS}\$1" NetCfgInstanceId
			ReadRegStr $2 HKLM "${NETWORK}\$2\Connection" Name
			${If} $2 == lanparty
				StrCpy $Adapter yes
			${EndIf}
		${EndIf}
	${LoopUntil} $1 == ""
FunctionEnd

; An adapter of our own, so that a VPN on this computer keeps its own: with tapctl, where the driver
; brought it along. Without, the one that the driver's installer has made will do.
!macro CREATE_WITH FOLDER
	${If} $Adapter == no
	${AndIf} "${FOLDER}" != ""
	${AndIf} ${FileExists} "${FOLDER}\bin\tapctl.exe"
		DetailPrint "Making a network adapter called lanparty"
		nsExec::Exec /TIMEOUT=60000 '"${FOLDER}\bin\tapctl.exe" create --hwid root\tap0901 --name lanparty'
		Pop $0
		${If} $0 == 0
			StrCpy $Adapter yes
			WriteRegStr HKLM "${UNINSTALL}" Tapctl "${FOLDER}\bin\tapctl.exe"
		${EndIf}
	${EndIf}
!macroend

Function create_adapter
	ReadRegStr $1 HKLM SOFTWARE\TAP-Windows ""
	!insertmacro CREATE_WITH $1
	ReadRegStr $1 HKLM SOFTWARE\OpenVPN ""
	!insertmacro CREATE_WITH $1
	!insertmacro CREATE_WITH $PROGRAMFILES64\TAP-Windows
	!insertmacro CREATE_WITH $PROGRAMFILES64\OpenVPN
FunctionEnd

!ifdef DRIVER
Function install_driver
	StrCpy $9 $Driver
	!ifdef DRIVER_MSI
		; Installed beside an OpenVPN that is there, this would replace all of it.
		ReadRegStr $0 HKLM SOFTWARE\OpenVPN ""
		${If} $0 != ""
			DetailPrint "OpenVPN is here, without a TAP driver or with an old one: update it, with TAP-Windows6"
			Return
		${EndIf}
		DetailPrint "Installing the TAP driver"
		File /oname=tap-driver.msi "${DRIVER}" ; stays: Windows wants it again to remove the driver
		ExecWait '"$SYSDIR\msiexec.exe" /i "$INSTDIR\tap-driver.msi" ADDLOCAL=Drivers,Drivers.TAPWindows6 /qn /norestart' $0
		StrCpy $1 msi
	!else
		DetailPrint "Installing the TAP driver"
		File /oname=tap-driver.exe "${DRIVER}" ; here, where only administrators can change it
		ExecWait '"$INSTDIR\tap-driver.exe" /S' $0
		Delete $INSTDIR\tap-driver.exe
		StrCpy $1 exe
	!endif
	DetailPrint "The driver's installer ended with $0"
	${If} $9 == none ; it is ours to remove
		WriteRegStr HKLM "${UNINSTALL}" Driver $1
	${EndIf}
	Call look_for_adapters
FunctionEnd
!endif

Section
	Call close_client

	SetOutPath $INSTDIR
	File "${STAGE}/${PROGRAM}"
	File "${STAGE}/LICENSE.txt"
	File "${STAGE}/GPL-3.txt"
	!ifdef INI
		File "${STAGE}/lanparty.ini"
	!endif
	WriteUninstaller $INSTDIR\uninstall.exe
	SetShellVarContext all
	CreateShortCut $SMPROGRAMS\lanparty.lnk $INSTDIR\${PROGRAM}

	WriteRegStr HKLM "${LINKS}" "" "URL:lanparty invite"
	WriteRegStr HKLM "${LINKS}" "URL Protocol" ""
	WriteRegStr HKLM "${LINKS}\DefaultIcon" "" "$INSTDIR\${PROGRAM},0"
	WriteRegStr HKLM "${LINKS}\shell\open\command" "" '"$INSTDIR\${PROGRAM}" -- "%1"'

	WriteRegStr HKLM "${UNINSTALL}" DisplayName lanparty
	WriteRegStr HKLM "${UNINSTALL}" DisplayVersion ${VERSION}
	WriteRegStr HKLM "${UNINSTALL}" DisplayIcon "$INSTDIR\${PROGRAM},0"
	WriteRegStr HKLM "${UNINSTALL}" Publisher "the lanparty developers"
	WriteRegStr HKLM "${UNINSTALL}" InstallLocation $INSTDIR
	WriteRegStr HKLM "${UNINSTALL}" UninstallString '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKLM "${UNINSTALL}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD HKLM "${UNINSTALL}" EstimatedSize ${SIZE}
	WriteRegDWORD HKLM "${UNINSTALL}" NoModify 1
	WriteRegDWORD HKLM "${UNINSTALL}" NoRepair 1

	Call look_for_adapters
	!ifdef DRIVER
		${If} $Driver != good
			Call install_driver
		${EndIf}
	!endif
	${If} $Driver == good
		Call create_adapter
		StrCpy $Finish "Join the room first, then start the game."
	${Else}
		StrCpy $Finish "One thing is missing: the driver of the virtual network card, TAP-Windows6 \
${OLDEST} or newer. OpenVPN has it: take its Windows 64-bit MSI installer, 2.6.10 or newer, choose \
Customize, and of all parts only TAP-Windows6.$\r$\n$\r$\nThen join the room, and after that start \
the game."
		!ifdef DRIVER
			SetErrorLevel 3
		!endif
	${EndIf}
SectionEnd

; What the client remembers is the player's own: it goes only when asked for. So does the driver,
; because other programs may have come to use it.
Section Uninstall
	Call un.close_client

	DetailPrint "Putting back the network's settings"
	ClearErrors
	ExecWait '"$INSTDIR\${PROGRAM}" --restore' $0
	${If} ${Errors}
	${OrIf} $0 <> 0
		MessageBox MB_OKCANCEL|MB_ICONEXCLAMATION "Windows did not let lanparty put back all settings \
of the network ($0). Cancel, restart the computer and try again; or remove it anyway." /SD IDOK IDOK remove
		Abort
	remove:
	${EndIf}

	ReadRegStr $0 HKLM "${UNINSTALL}" Tapctl
	${If} $0 != ""
		nsExec::Exec /TIMEOUT=60000 '"$0" delete lanparty'
		Pop $0
	${EndIf}
	ReadRegStr $0 HKLM "${UNINSTALL}" Driver
	${If} $0 != ""
		MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Remove the TAP driver as well? Other \
programs, such as OpenVPN, may use it by now." /SD IDNO IDNO keep
		${If} $0 == msi
			ExecWait '"$SYSDIR\msiexec.exe" /x "$INSTDIR\tap-driver.msi" /qn /norestart'
		${Else}
			ReadRegStr $0 HKLM SOFTWARE\TAP-Windows ""
			ExecWait '"$0\Uninstall.exe" /S'
		${EndIf}
	keep:
	${EndIf}

	MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Forget your name and your relay, too?" /SD IDNO IDNO mine
	DeleteRegKey HKCU "${PLAYER}"
mine:

	Delete $INSTDIR\${PROGRAM}
	Delete $INSTDIR\lanparty.ini
	Delete $INSTDIR\LICENSE.txt
	Delete $INSTDIR\GPL-3.txt
	Delete $INSTDIR\tap-driver.msi
	Delete $INSTDIR\uninstall.exe
	RMDir $INSTDIR
	SetShellVarContext all
	Delete $SMPROGRAMS\lanparty.lnk
	DeleteRegKey HKLM "${LINKS}"
	DeleteRegKey HKLM "${KEY}"
	DeleteRegKey HKLM "${UNINSTALL}"
SectionEnd
