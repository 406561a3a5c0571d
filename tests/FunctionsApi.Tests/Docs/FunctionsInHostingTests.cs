using System.Reflection;
using FunctionsApi.Functions;
using Microsoft.Azure.Functions.Worker;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

public sealed class FunctionsInHostingTests
{
    [Fact]
    public void The_table_has_every_function_with_its_trigger_and_its_class_and_no_other()
    {
        var functions =
            from type in typeof(HttpFunction).Assembly.GetTypes()
            from method in type.GetMethods()
            let function = method.GetCustomAttribute<FunctionAttribute>()
            where function is not null
            select (function.Name, TriggerOf(method), type.Name);
        var told =
            from row in new Document("docs/hosting.md").RowsAbout(_ => true)
            where row[^1].StartsWith("src/", StringComparison.Ordinal)
            where File.Exists(Path.Combine(Document.Repository, row[^1]))
            from name in row[0].Split("`, `")
            select (name, row[1].Split(',')[0], Path.GetFileNameWithoutExtension(row[^1]));
        told.ShouldBe(functions, ignoreOrder: true);
    }

    private static string TriggerOf(MethodInfo method) => method.GetParameters()
        .SelectMany(parameter => parameter.GetCustomAttributes())
        .Select(attribute => attribute switch
        {
            HttpTriggerAttribute => "HTTP",
            QueueTriggerAttribute queue => $"the queue `{queue.QueueName}",
            TimerTriggerAttribute => "a timer",
            EntityTriggerAttribute => "batches of a durable entity's operations",
            _ => null,
        })
        .OfType<string>()
        .Single();
}
