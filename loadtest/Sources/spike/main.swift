import ArgumentParser
import SpikeKit

SpikeCommand.main()
