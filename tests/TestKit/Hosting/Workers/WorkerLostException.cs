namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>The worker ended, or was ended, before it gave an answer.</summary>
public sealed class WorkerLostException(string message) : Exception(message);
