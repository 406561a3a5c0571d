using System.CommandLine;
using FunctionsApi.Infer;

namespace FunctionsApi.Cli;

/// <summary><c>deployments set|list|remove</c></summary>
internal static class DeploymentsCommands
{
    private static readonly Option<string> Tenant = new("--tenant") { Required = true, Description = "Whose deployments." };

    private static readonly Option<string> Id = new("--id")
    {
        Required = true,
        Description = "The deployment_id that callers send.",
    };

    /// <param name="context">The store and where to print.</param>
    /// <param name="input">Where <c>--secret -</c> reads; null is standard input.</param>
    public static Command Create(CommandContext context, TextReader? input = null) =>
        new("deployments", "Set, list and remove what answers a tenant's inference requests.")
        {
            Set(context, input ?? Console.In),
            List(context),
            Remove(context),
        };

    private static Command Set(CommandContext context, TextReader input)
    {
        var command = new Command("set", "Make a deployment, or change what is named of one that exists.") { Tenant, Id };
        DeploymentOptions.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (tenant, id) = (TenantOf(arguments), IdOf(arguments));
            await TenantName.RequireExistingAsync(context, tenant, cancellationToken);
            var table = new DeploymentTable(await context.StoreAsync());
            var before = await table.FindAsync(tenant, id, cancellationToken);
            var deployment = DeploymentOptions.Changed(before, tenant, id, arguments, input);
            if (DeploymentRules.Errors(deployment).ToList() is { Count: > 0 } errors)
                throw new CommandException(string.Join(Environment.NewLine, errors));
            await table.SetAsync(deployment, cancellationToken);
            DeploymentsOutput.Print(context, deployment, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "List a tenant's deployments; credentials are never shown.") { Tenant };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenant = TenantOf(arguments);
            var table = new DeploymentTable(await context.StoreAsync());
            var deployments = await table.ReadAsync(
                tenant,
                broken: (id, error) => context.Error.WriteLine($"Deployment {id} answers nothing until it is set again: {error}"),
                cancellationToken);
            DeploymentsOutput.Print(context, tenant, deployments, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        var command = new Command("remove", "Remove a deployment.") { Tenant, Id };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (tenant, id) = (TenantOf(arguments), IdOf(arguments));
            var table = new DeploymentTable(await context.StoreAsync());
            if (!await table.RemoveAsync(tenant, id, cancellationToken))
                throw new CommandException($"Tenant {tenant} has no deployment {id}.");
            DeploymentsOutput.PrintRemoved(context, tenant, id, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static string IdOf(ParseResult arguments) => arguments.GetRequiredValue(Id) is var id && DeploymentRules.IsId(id)
        ? id
        : throw new CommandException("The id must be 1 to 64 of the characters A-Z a-z 0-9 . _ -");

    private static string TenantOf(ParseResult arguments) => TenantName.Checked(arguments.GetRequiredValue(Tenant));
}
