using System.Text.Json;
using FunctionsApi.Infer;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How deployments are printed; of a credential, only where it comes from.</summary>
internal static class DeploymentsOutput
{
    public static void Print(CommandContext context, Deployment deployment, bool json)
    {
        if (json)
            context.PrintJson(writer => Write(writer, deployment));
        else
            PrintTable(context, [deployment]);
    }

    public static void Print(CommandContext context, string tenant, IReadOnlyList<Deployment> deployments, bool json)
    {
        if (json)
        {
            context.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("tenant", tenant);
                writer.WriteStartArray("deployments");
                foreach (var deployment in deployments)
                    Write(writer, deployment);
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
            return;
        }
        PrintTable(context, deployments);
        if (deployments.All(deployment => deployment.Id != Deployment.EchoId))
            context.Output.WriteLine($"Besides, every tenant has the built-in deployment {Deployment.EchoId}.");
    }

    public static void PrintRemoved(CommandContext context, string tenant, string id, bool json)
    {
        if (!json)
        {
            context.Output.WriteLine($"Removed {id} of {tenant}.");
            return;
        }
        context.PrintJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("tenant", tenant);
            writer.WriteString("id", id);
            writer.WriteBoolean("removed", true);
            writer.WriteEndObject();
        });
    }

    private static void PrintTable(CommandContext context, IReadOnlyList<Deployment> deployments)
    {
        var table = new Table().AddColumns("Id", "Backend", "URL", "Timeout", "Max response", "Secret", "Weight", "Retries", "Schema", "Refund");
        foreach (var deployment in deployments)
        {
            table.AddRow(
                deployment.Id,
                DeploymentTable.NameOf(deployment.Backend),
                Markup.Escape(deployment.Url?.OriginalString ?? ""),
                DeploymentText.OfDuration(deployment.Timeout),
                DeploymentText.OfSize(deployment.MaxResponseBytes),
                Markup.Escape(SourceOf(deployment.Secret) ?? ""),
                deployment.Weight.ToString(),
                deployment.Retries.ToString(),
                deployment.Schema is null ? "" : "yes",
                deployment.Refund ? "yes" : "");
        }
        context.Print(table);
    }

    private static void Write(Utf8JsonWriter json, Deployment deployment)
    {
        json.WriteStartObject();
        json.WriteString("tenant", deployment.Tenant);
        json.WriteString("id", deployment.Id);
        json.WriteString("backend", DeploymentTable.NameOf(deployment.Backend));
        json.WriteString("url", deployment.Url?.OriginalString);
        json.WriteString("timeout", DeploymentText.OfDuration(deployment.Timeout));
        json.WriteNumber("maxResponseBytes", deployment.MaxResponseBytes);
        json.WriteString("secret", SourceOf(deployment.Secret));
        json.WriteString("secretHeader", deployment.Secret?.Header);
        json.WriteNumber("weight", deployment.Weight);
        json.WriteNumber("retries", deployment.Retries);
        json.WritePropertyName("schema");
        json.WriteRawValue(deployment.Schema?.Text ?? "null");
        json.WriteBoolean("refund", deployment.Refund);
        json.WriteEndObject();
    }

    private static string? SourceOf(UpstreamSecret? secret) => secret switch
    {
        null => null,
        { Variable: { } variable } => $"env:{variable}",
        _ => "stored",
    };
}
