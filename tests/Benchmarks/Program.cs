using System.CommandLine;
using FunctionsApi.Benchmarks.Caches;
using FunctionsApi.Benchmarks.Clusters;
using FunctionsApi.Benchmarks.ColdStart;
using FunctionsApi.Benchmarks.Decisions;
using FunctionsApi.Benchmarks.Ledgers;
using FunctionsApi.Benchmarks.Load;
using FunctionsApi.Benchmarks.Memory;
using FunctionsApi.Benchmarks.Search;
using FunctionsApi.Benchmarks.Servers;

RootCommand root = new("Measures the budgets. Progress goes to standard error, tables to standard output, ready for docs/benchmarks.md.")
{
    DecisionsCommand.Create(),
    CachesBenchmark.Create(),
    HttpBenchmark.Create(),
    HostBenchmark.Create(),
    PeersBenchmark.Create(),
    LedgerBenchmark.Create(),
    EntitiesBenchmark.Create(),
    ClusterBenchmark.Create(),
    MemoryPerPartition.Create(),
    ColdStartBenchmark.Create(),
    SearchBenchmark.Create(),
    BareServer.Create(),
};
return await root.Parse(args).InvokeAsync();
