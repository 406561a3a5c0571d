using System.CommandLine;
namespace FunctionsApi.Benchmarks.ColdStart;
internal static class ColdStartBenchmark { public static Command Create() => new("cold-start"); }
