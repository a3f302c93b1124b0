import Suffice
