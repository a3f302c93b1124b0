// The umbrella: one import for everything a model file, a family of one's own, or a program needs.

@_exported import CPUBackend
@_exported import DataSources
@_exported import ExponentialFamilies
@_exported import Inference
@_exported import JointDistributions
@_exported import ModelCompiler
@_exported import ModelLanguage
@_exported import PlanIR
@_exported import ReferenceBackend
@_exported import SpecialFunctions
