// Puts infra/plans.json in force, signed in as the one who runs azd, by the program's own command: it checks the file, refuses
// plans that a tenant would lose, and writes one row of the table Plans. azd runs this file after each provisioning.
//
//     dotnet run infra/hooks/put-plans.cs [<seconds between attempts>]

#:property PublishAot=false

using System.Diagnostics;

const int Attempts = 12;
const int PauseSeconds = 10;

if (Environment.GetEnvironmentVariable("PLANS_SEEDED_BY_TEMPLATE") == "true")
{
    Console.WriteLine("The plans were seeded by the deployment script.");
    return 0;
}

if (Environment.GetEnvironmentVariable("STORAGE_TABLE_SERVICE_URI") is not { Length: > 0 } tables)
{
    await Console.Error.WriteLineAsync("STORAGE_TABLE_SERVICE_URI is not set; azd sets it: run azd provision");
    return 1;
}

var pause = TimeSpan.FromSeconds(args is [var seconds] ? int.Parse(seconds) : PauseSeconds);
for (var attempt = 1; ; attempt++)
{
    var (applied, said) = await ApplyAsync(tables);
    if (applied)
    {
        Console.WriteLine(said);
        return 0;
    }

    var roleIsNotInForce = said.Contains("AuthorizationPermissionMismatch") || said.Contains("AuthorizationFailure");
    if (!roleIsNotInForce || attempt == Attempts)
    {
        await Console.Error.WriteLineAsync(said);
        if (roleIsNotInForce)
            await Console.Error.WriteLineAsync("The role Storage Table Data Contributor is not in force after two minutes. Run: azd hooks run postprovision");
        return 1;
    }

    Console.WriteLine($"A new role takes a minute or two to be in force; trying again in {pause.TotalSeconds:0} s.");
    await Task.Delay(pause, TimeProvider.System);
}

static async Task<(bool Applied, string Said)> ApplyAsync(string tables)
{
    // azd starts hooks in their own folder.
    var folder = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
    using var program = Process.Start(new ProcessStartInfo("dotnet", ["run", "--project", "src/FunctionsApi", "--", "plans", "apply", "infra/plans.json"])
    {
        WorkingDirectory = Path.GetFullPath(Path.Combine(folder, "..", "..")),
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment =
        {
            ["Storage__Provider"] = "tables",
            ["Storage__TableServiceUri"] = tables,
            // Who is signed in to azd has the role; who is signed in elsewhere on this machine may be somebody else.
            ["AZURE_TOKEN_CREDENTIALS"] = "AzureDeveloperCliCredential",
        },
    })!;
    var said = await Task.WhenAll(program.StandardOutput.ReadToEndAsync(), program.StandardError.ReadToEndAsync());
    await program.WaitForExitAsync();
    return (program.ExitCode == 0, string.Concat(said).Trim());
}
