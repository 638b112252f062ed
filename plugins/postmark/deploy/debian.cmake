# Only the Debian package has these: a job for systemd, which the package's scripts do not start, and its config.
set(units ${CMAKE_CURRENT_BINARY_DIR}/units)
foreach(unit tapster-postmark.service tapster-postmark.timer)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS deploy/${unit})
  file(READ deploy/${unit} text)
  string(REPLACE /usr/local/bin ${CMAKE_INSTALL_FULL_BINDIR} text "${text}")
  file(CONFIGURE OUTPUT ${units}/${unit} CONTENT "${text}" @ONLY)
endforeach()
install(DIRECTORY ${units}/ DESTINATION lib/systemd/system COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES deploy/config.json DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/tapster RENAME postmark.json
  COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES deploy/postmark.env DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/tapster PERMISSIONS OWNER_READ OWNER_WRITE
  COMPONENT debian EXCLUDE_FROM_ALL)
# The modes are not those of the source tree, which depend on how it was unpacked.
set(examples ${CMAKE_INSTALL_DATADIR}/doc/tapster/examples/postmark)
install(FILES deploy/config.json deploy/postmark-cronjob.yaml deploy/postmark-shards-job.yaml
  deploy/postmark-shards.sbatch deploy/postmark_dag.py deploy/postmark_shards_dag.py deploy/tap-postmark.meltano.yml
  deploy/tapster-postmark.cron DESTINATION ${examples} COMPONENT debian EXCLUDE_FROM_ALL)
install(PROGRAMS deploy/load-duckdb.sh deploy/load-postgresql.sh deploy/postmark-slurm.sh
  DESTINATION ${examples} COMPONENT debian EXCLUDE_FROM_ALL)
