# cmake --install build [--component relay|gateway|client]: programs, manual pages, completion, services.
# An existing configuration stays as it is.
include(GNUInstallDirs)
set(LANPARTY_UNIT_DIR lib/systemd/system CACHE STRING "folder of systemd's units; empty: none, and no user")
foreach(part relay gateway client)
  install(TARGETS lanparty-${part} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT ${part})
  install(FILES packaging/man/lanparty-${part}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT ${part})
  install(FILES packaging/completion/lanparty.bash RENAME lanparty-${part} COMPONENT ${part}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  file(READ packaging/completion/lanparty.zsh zsh)
  string(REPLACE "PROGRAM" "lanparty-${part}" zsh "${zsh}")
  file(WRITE ${CMAKE_BINARY_DIR}/completion/_lanparty-${part} "${zsh}")
  install(FILES ${CMAKE_BINARY_DIR}/completion/_lanparty-${part} COMPONENT ${part}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endforeach()
install(FILES packaging/grafana/lanparty-relay.json DESTINATION ${CMAKE_INSTALL_DATADIR}/lanparty/grafana COMPONENT relay)
foreach(part relay gateway)
  target_compile_definitions(lanparty-${part} PRIVATE
    LANPARTY_SYSCONFDIR="${CMAKE_INSTALL_FULL_SYSCONFDIR}/lanparty")
  set(LANPARTY_SBINDIR ${CMAKE_INSTALL_FULL_SBINDIR})
  set(LANPARTY_SYSCONFDIR ${CMAKE_INSTALL_FULL_SYSCONFDIR}/lanparty)
  configure_file(packaging/systemd/lanparty-${part}.service.in systemd/lanparty-${part}.service @ONLY)
  if(LANPARTY_UNIT_DIR)
    install(FILES ${CMAKE_BINARY_DIR}/systemd/lanparty-${part}.service
      DESTINATION ${LANPARTY_UNIT_DIR} COMPONENT ${part})
    install(FILES packaging/systemd/lanparty.sysusers RENAME lanparty.conf
      DESTINATION lib/sysusers.d COMPONENT ${part})
  endif()
  install(CODE "
    set(folder \"\$ENV{DESTDIR}${LANPARTY_SYSCONFDIR}\")
    if(EXISTS \"\${folder}/${part}.conf\")
      message(STATUS \"Kept: \${folder}/${part}.conf\")
    else()
      file(INSTALL \"${CMAKE_SOURCE_DIR}/packaging/etc/${part}.conf\" DESTINATION \"${LANPARTY_SYSCONFDIR}\")
    endif()" COMPONENT ${part})
endforeach()
