using System.CommandLine;
using System.Text;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Cli;

/// <summary><c>plans show|validate|apply</c></summary>
internal static class PlansCommands
{
    private static readonly Argument<string> File = new("file") { Description = "A plan file, as plans show --json prints it." };

    public static Command Create(CommandContext context) => new("plans", "Show, check and change what is sold.")
    {
        Show(context),
        Validate(context),
        Apply(context),
    };

    /// <summary>The plans that servers on this store go by.</summary>
    /// <exception cref="CommandException">Those in the store are broken.</exception>
    public static async Task<PlansInForce> InForceAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var store = await context.StoreAsync();
        var plans = PlansInForce.Embedded.Next(await new PlanTable(store).ReadAsync(cancellationToken));
        // A running server may know the last good ones; this process does not.
        return plans.Problem is null ? plans : throw new CommandException(plans.Problem);
    }

    private static Command Show(CommandContext context)
    {
        var command = new Command("show", "Show the limits of every plan.");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var plans = await InForceAsync(context, cancellationToken);
            if (arguments.GetValue(CommandLine.Json))
                await context.Output.WriteLineAsync(plans.Json.TrimEnd());
            else
                PlansOutput.Print(context, plans.Catalog);
        });
        return command;
    }

    private static Command Validate(CommandContext context)
    {
        var command = new Command("validate", "Check a plan file, and show every error in it.") { File };
        command.SetAction(arguments =>
        {
            var path = arguments.GetRequiredValue(File);
            var result = PlanCatalog.Parse(Read(path));
            if (arguments.GetValue(CommandLine.Json))
                PlansOutput.PrintJson(context, result);
            else if (result.IsValid)
                context.Output.WriteLine($"{path} is valid.");
            else
                PlansOutput.PrintErrors(context, path, result);
            return result.IsValid ? 0 : 1;
        });
        return command;
    }

    private static Command Apply(CommandContext context)
    {
        var command = new Command("apply", "Put a plan file in force, on every server within 30 s.") { File };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var path = arguments.GetRequiredValue(File);
            var file = Read(path);
            var result = PlanCatalog.Parse(file);
            if (!result.IsValid)
            {
                PlansOutput.PrintErrors(context, path, result);
                return 1;
            }

            var store = await context.StoreAsync();
            RefuseIfStranding(result.Catalog, await new TenantTable(store).ListAsync(cancellationToken));
            await new PlanTable(store).WriteAsync(Encoding.UTF8.GetString(file).TrimStart('\uFEFF'), cancellationToken);
            if (arguments.GetValue(CommandLine.Json))
                PlansOutput.PrintJson(context, result);
            else
                await context.Output.WriteLineAsync($"{path} is in force; every server follows within 30 s.");
            return 0;
        });
        return command;
    }

    private static void RefuseIfStranding(PlanCatalog plans, IReadOnlyList<StoredTenant> tenants)
    {
        var losses = PlanLosses.By(plans, tenants).ToArray();
        if (losses.Length > 0)
            throw new CommandException(string.Join(Environment.NewLine, losses));
    }

    /// <returns>The file, or so much of it that it is seen to be too long.</returns>
    private static byte[] Read(string path)
    {
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            var buffer = new byte[PlanCatalog.MaxBytes + Encoding.UTF8.Preamble.Length + 1];
            return buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"The plan file can't be read: {unreadable.Message} Name a file that exists and may be read.");
        }
    }
}
