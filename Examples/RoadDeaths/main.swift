import ExampleSupport
import Models
import Plots
import Suffice
