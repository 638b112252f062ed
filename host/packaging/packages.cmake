# The Debian packages tapster and libtapster-dev: `cpack -G DEB` in a build of the preset `package`. .ci/package builds them,
# tapster-dbgsym and the tarball.
set(TAPSTER_PACKAGE_VERSION ${PROJECT_VERSION} CACHE STRING "The version of the packages")
# Whoever publishes packages gives an address that reaches them, and the page of the project: without it there is no such field.
set(TAPSTER_MAINTAINER "Tapster maintainers <maintainers@tapster.invalid>" CACHE STRING "Name and address in the packages")
set(TAPSTER_HOMEPAGE "${PROJECT_HOMEPAGE_URL}" CACHE STRING "The address of the project in the packages")

set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
set(made ${PROJECT_BINARY_DIR}/debian)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tapster)
set(CPACK_PACKAGE_VERSION ${TAPSTER_PACKAGE_VERSION})
set(CPACK_PACKAGE_CONTACT "${TAPSTER_MAINTAINER}")
set(CPACK_PACKAGE_HOMEPAGE_URL "${TAPSTER_HOMEPAGE}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Each package has its own description.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
# The symbols are in tapster-dbgsym, which debug_symbols packs. CMake strips no static libraries: this script does.
set(CPACK_STRIP_FILES ON)
set(CPACK_STRIP_PROGRAM ${CMAKE_STRIP})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/strip_libraries.cmake)

# One package for the program, with what only Debian needs, and one for the SDK.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program debian sdk sdk_debian)
set(CPACK_COMPONENT_PROGRAM_GROUP tapster)
set(CPACK_COMPONENT_DEBIAN_GROUP tapster)
set(CPACK_COMPONENT_SDK_GROUP sdk)
set(CPACK_COMPONENT_SDK_DEBIAN_GROUP sdk)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_TAPSTER_PACKAGE_NAME tapster)
set(CPACK_DEBIAN_TAPSTER_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TAPSTER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TAPSTER_PACKAGE_DEPENDS "adduser, ca-certificates, tzdata")
set(CPACK_DEBIAN_TAPSTER_DESCRIPTION "program that copies data out of SaaS APIs
Tapster loads connectors, runs them in parallel, and writes Singer messages,
JSON lines, files or Airbyte messages. A stored state never covers a row that
was not written, so each run reads only what is new.

This package contains the connector of Postmark, also as the Singer tap
tap-postmark and the Airbyte source source-postmark.")
set(CPACK_DEBIAN_TAPSTER_PACKAGE_CONTROL_EXTRA
  ${debian}/postinst ${debian}/prerm ${debian}/postrm ${made}/conffiles)

set(CPACK_DEBIAN_SDK_PACKAGE_NAME libtapster-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "libboost-json1.81-dev, libcurl4-openssl-dev, libexpected-dev, libfmt-dev, libhowardhinnant-date-dev, libssl-dev")
set(CPACK_DEBIAN_SDK_PACKAGE_SUGGESTS "cmake, tapster")
set(CPACK_DEBIAN_SDK_DESCRIPTION "SDK for Tapster's connectors
Tapster copies data out of SaaS APIs. This package contains what a connector
is built with: the connector interface in C, the C++20 library on top of it,
and a CMake package, for find_package(tapster).")

# The files that Debian wants in each package. The time is that of the commit.
set(date "$ENV{SOURCE_DATE_EPOCH}")
if(NOT date)
  set(date 0)
endif()
execute_process(COMMAND date --utc --rfc-email --date=@${date} OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${made}/conffiles "${CMAKE_INSTALL_FULL_SYSCONFDIR}/tapster/postmark.env\n${CMAKE_INSTALL_FULL_SYSCONFDIR}/tapster/postmark.json\n")
tapster_commit(commit)
configure_file(${debian}/copyright.in ${made}/copyright @ONLY)
foreach(package tapster libtapster-dev)
  configure_file(${debian}/changelog.in ${made}/${package}/changelog @ONLY)
  execute_process(COMMAND gzip -9nf ${made}/${package}/changelog COMMAND_ERROR_IS_FATAL ANY)
  set(component debian)
  if(package STREQUAL libtapster-dev)
    set(component sdk_debian)
  endif()
  install(FILES ${made}/copyright ${made}/${package}/changelog.gz DESTINATION share/doc/${package}
    COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES ${debian}/${package}.lintian-overrides DESTINATION share/lintian/overrides RENAME ${package}
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
cpack_add_component_group(tapster)
cpack_add_component_group(sdk)
