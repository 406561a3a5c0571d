namespace FunctionsApi.Cli;

/// <summary>Ends a command with exit code 1.</summary>
/// <param name="message">What is wrong and what to do about it; goes to standard error.</param>
internal sealed class CommandException(string message) : Exception(message);

/// <summary>Ends a command with exit code 2: what was typed names nothing that there is.</summary>
/// <param name="message">What is wrong and what it can be; goes to standard error.</param>
internal sealed class MisuseException(string message) : Exception(message);
