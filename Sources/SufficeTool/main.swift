import SufficeCommands

SufficeCommandLine.run()
