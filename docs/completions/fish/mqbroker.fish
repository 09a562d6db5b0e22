complete -c mqbroker -s c -l configFile -d 'Configuration file: RocketMQ\'s broker.conf, unchanged' -r
complete -c mqbroker -s n -l namesrvAddr -d 'Name servers to register with, as HOST:PORT;HOST:PORT' -r
complete -c mqbroker -l store -d 'Directory of the store, commit log included' -r
complete -c mqbroker -l cores -d 'Processor cores to run on, such as 0-1 or 0,2,4 [default: all that are allowed]' -r
complete -c mqbroker -l shards -d 'Logs a new store is made of; frozen with it [default: one per core]' -r
complete -c mqbroker -l log -d 'What is logged; can be changed at run time by the key logLevel [default: info]' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c mqbroker -l log-format -d 'How the log is written [default: plain]' -r -f -a "plain\t''
json\t''"
complete -c mqbroker -s p -l printConfigItem -d 'Print all effective settings and end'
complete -c mqbroker -s m -l printImportantConfig -d 'Print the important effective settings and end'
complete -c mqbroker -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqbroker -s V -l version -d 'Print version'
