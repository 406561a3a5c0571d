namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>Each test runs several servers: one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterCollection
{
    public const string Name = "Cluster";
}
