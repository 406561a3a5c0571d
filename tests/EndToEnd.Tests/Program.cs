using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using Xunit.Runner.InProc.SystemConsole;

return args is [HostDouble.Command, ..] ? await HostDouble.MainAsync(args) : await ConsoleRunner.Run(args);
