namespace FunctionsApi.Benchmarks;

/// <summary>Tells on standard error what is going on: standard output is for tables.</summary>
internal static class Progress
{
    public static void Say(string what) => Console.Error.WriteLine($"  {what}");
}
