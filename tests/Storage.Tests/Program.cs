using FunctionsApi.Storage.Tests.Sqlite;
using Xunit.Runner.InProc.SystemConsole;

return args is [OtherProcess.Command, ..] ? await OtherProcess.MainAsync(args) : await ConsoleRunner.Run(args);
