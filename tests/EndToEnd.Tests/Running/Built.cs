using System.Reflection;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>How and from where these tests were built.</summary>
internal static class Built
{
    public static string RepositoryRoot { get; } = Of("RepositoryRoot");

    public static string Configuration { get; } = Of("Configuration");

    private static string Of(string name) =>
        typeof(Built).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(built => built.Key == name).Value!;
}
