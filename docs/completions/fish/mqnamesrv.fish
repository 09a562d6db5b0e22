complete -c mqnamesrv -s c -l configFile -d 'Configuration file: RocketMQ\'s namesrv.conf, unchanged' -r
complete -c mqnamesrv -s n -l namesrvAddr -d 'Taken for the sake of RocketMQ\'s scripts; a name server knows no other' -r
complete -c mqnamesrv -l store -d 'Directory that its own files are kept below' -r
complete -c mqnamesrv -l cores -d 'The processor core to run on; of several the first [default: the first that is allowed]' -r
complete -c mqnamesrv -l log -d 'What is logged; can be changed at run time by the key logLevel [default: info]' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c mqnamesrv -l log-format -d 'How the log is written [default: plain]' -r -f -a "plain\t''
json\t''"
complete -c mqnamesrv -s p -l printConfigItem -d 'Print all effective settings and end'
complete -c mqnamesrv -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqnamesrv -s V -l version -d 'Print version'
