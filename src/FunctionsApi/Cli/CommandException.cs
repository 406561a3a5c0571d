namespace FunctionsApi.Cli;

/// <summary>Ends a command with exit code 1.</summary>
/// <param name="message">What is wrong and what to do about it; goes to standard error.</param>
internal sealed class CommandException(string message) : Exception(message);
