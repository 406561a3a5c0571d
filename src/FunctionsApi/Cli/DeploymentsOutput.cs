using System.Text;
using System.Text.Json;
using FunctionsApi.Infer;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How deployments are printed; of a credential, only where it comes from.</summary>
internal static class DeploymentsOutput
{
    public static void Print(TextWriter output, Deployment deployment, bool json)
    {
        if (json)
            PrintJson(output, writer => Write(writer, deployment));
        else
            PrintTable(output, [deployment]);
    }

    public static void Print(TextWriter output, string tenant, IReadOnlyList<Deployment> deployments, bool json)
    {
        if (json)
        {
            PrintJson(output, writer =>
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
        PrintTable(output, deployments);
        if (deployments.All(deployment => deployment.Id != Deployment.EchoId))
            output.WriteLine($"Besides, every tenant has the built-in deployment {Deployment.EchoId}.");
    }

    public static void PrintRemoved(TextWriter output, string tenant, string id, bool json)
    {
        if (!json)
        {
            output.WriteLine($"Removed {id} of {tenant}.");
            return;
        }
        PrintJson(output, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("tenant", tenant);
            writer.WriteString("id", id);
            writer.WriteBoolean("removed", true);
            writer.WriteEndObject();
        });
    }

    private static void PrintTable(TextWriter output, IReadOnlyList<Deployment> deployments)
    {
        var table = new Table().AddColumns("Id", "Backend", "URL", "Timeout", "Max response", "Secret", "Weight", "Retries");
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
                deployment.Retries.ToString());
        }
        AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) }).Write(table);
    }

    private static void PrintJson(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
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
        json.WriteEndObject();
    }

    private static string? SourceOf(UpstreamSecret? secret) => secret switch
    {
        null => null,
        { Variable: { } variable } => $"env:{variable}",
        _ => "stored",
    };
}
