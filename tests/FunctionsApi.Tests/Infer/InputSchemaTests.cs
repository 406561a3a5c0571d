using System.Net;
using System.Text.Json;
using FunctionsApi.Infer;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class InputSchemaTests
{
    private const string Person =
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["name"],"additionalProperties":false,
         "properties":{"name":{"type":"string","pattern":"^[a-z]+$"},"age":{"type":"integer","minimum":0},"home":{"$ref":"#/$defs/place"},"const":{"type":"string"}},
         "$defs":{"place":{"type":"object","properties":{"city":{"type":"string","maxLength":5},"twin":{"$ref":"#/$defs/city"}}},"city":{"enum":["Bonn","Ulm"]}}}
        """;

    [Theory]
    [InlineData("""{"name":"ann"}""", null)]
    [InlineData("""{"name":"ann","age":7,"home":{"city":"Bonn","twin":"Ulm"},"const":"x"}""", null)]
    [InlineData("""{}""", "/inputs: ")]
    [InlineData("""{"name":"Ann"}""", "/inputs/name: ")]
    [InlineData("""{"name":"ann","age":-1}""", "/inputs/age: ")]
    [InlineData("""{"name":"ann","home":{"city":"Hamburg"}}""", "/inputs/home/city: ")]
    [InlineData("""{"name":"ann","home":{"twin":"Rom"}}""", "/inputs/home/twin: ")]
    [InlineData("""{"name":"ann","more":1}""", "/inputs/more: ")]
    [InlineData("""{"name":7}""", "/inputs/name: ")]
    public void A_mismatch_is_named_by_its_place(string inputs, string? place)
    {
        var mismatch = Parse(Person).Mismatch(JsonDocument.Parse(inputs).RootElement);

        if (place is null)
            mismatch.ShouldBeNull();
        else
            mismatch.ShouldNotBeNull().ShouldStartWith(place);
    }

    [Theory]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{", "is not valid JSON")]
    [InlineData("""{"$ref":"#"}""", "which is none of its parts")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "which is none of its parts")]
    [InlineData("""{"$ref":"https://example.com/schema.json"}""", "which is none of its parts")]
    [InlineData("""{"$ref":"http://169.254.169.254/latest"}""", "which is none of its parts")]
    [InlineData("""{"$id":"https://example.com/a","$ref":"b"}""", "must not have $id")]
    [InlineData("""{"$dynamicRef":"#a"}""", "must not have $dynamicRef")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}}}""", "it would have no end")]
    [InlineData("""{"properties":{"const":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}""", "it would have no end")]
    [InlineData("""{"$schema":"https://example.com/mine"}""", "$schema must be one of")]
    [InlineData("""{"pattern":"(a"}""", "cannot be used")]
    [InlineData("""{"pattern":"(a)\\1"}""", "cannot be used")]
    [InlineData("""{"pattern":"a(?=b)"}""", "cannot be used")]
    [InlineData("""{"patternProperties":{"b":{}}}""", "must not have patternProperties")]
    [InlineData("""{"type":"strin"}""", "cannot be used")]
    [InlineData("""{"properties":{"a":{"type":7}}}""", "cannot be used")]
    [InlineData("""{"minimum":"a"}""", "cannot be used")]
    public void A_schema_that_could_do_harm_or_makes_no_sense_is_refused(string schema, string reason)
    {
        InputSchema.TryParse(schema, out var error).ShouldBeNull();
        error.ShouldNotBeNull().ShouldContain(reason);
    }

    [Theory]
    [InlineData("http://json-schema.org/draft-06/schema#")]
    [InlineData("http://json-schema.org/draft-07/schema#")]
    [InlineData("https://json-schema.org/draft/2019-09/schema")]
    [InlineData("https://json-schema.org/draft/2020-12/schema")]
    public void A_schema_may_say_what_it_is_written_in(string version)
    {
        var schema = Parse($$$"""{"$schema":"{{{version}}}","properties":{"a":{"pattern":"^x$"}},"definitions":{"n":{"type":"null"}},"additionalProperties":{"$ref":"#/definitions/n"}}""");

        schema.Mismatch(JsonDocument.Parse("""{"a":"x","b":null}""").RootElement).ShouldBeNull();
        schema.Mismatch(JsonDocument.Parse("""{"a":"y"}""").RootElement).ShouldNotBeNull().ShouldStartWith("/inputs/a: ");
        schema.Mismatch(JsonDocument.Parse("""{"b":1}""").RootElement).ShouldNotBeNull().ShouldStartWith("/inputs/b: ");
    }

    [Fact]
    public void A_schema_that_grows_when_it_is_followed_is_refused()
    {
        var parts = string.Join(',', Enumerable.Range(0, 20).Select(level => $$"""
            "a{{level}}":{"allOf":[{"$ref":"#/$defs/a{{level + 1}}"},{"$ref":"#/$defs/a{{level + 1}}"}]}
            """));

        InputSchema.TryParse("{\"$ref\":\"#/$defs/a0\",\"$defs\":{" + parts + ",\"a20\":{\"type\":\"object\"}}}", out var error).ShouldBeNull();

        error.ShouldBe("The schema has more than 2000 parts when its references are followed.");
    }

    [Fact]
    public void A_pattern_cannot_be_made_to_take_long()
    {
        var schema = Parse("""{"properties":{"a":{"pattern":"^(a+)+$"}},"propertyNames":{"pattern":"^(a+|b+)+$"}}""");
        var text = new string('a', 30_000) + "!";
        var inputs = JsonDocument.Parse($$"""{"a":"{{text}}","{{text.Replace('a', 'b')}}":1}""").RootElement;

        // Matched step by step, as other engines do it, it would take longer than the universe has lasted.
        schema.Mismatch(inputs).ShouldNotBeNull().ShouldStartWith("/inputs/a: ");
    }

    [Fact]
    public async Task Inputs_that_do_not_match_are_answered_422_and_use_nothing()
    {
        await using var host = await InferHost.StartAsync();
        await host.SetAsync(new() { Tenant = InferHost.Tenant, Id = "model", Backend = Backend.Echo, Schema = Parse(Person) });

        var response = await host.InferAsync("""{"name":"ann","age":"old"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await response.TextAsync()).ShouldStartWith("""{"valid":false,"error":"The inputs do not match the deployment's schema: /inputs/age: """);
        host.Consumed.ShouldBe(0);
        (await host.InferAsync("""{"name":"ann","age":7}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Consumed.ShouldBe(1);
    }

    private static InputSchema Parse(string text)
    {
        var schema = InputSchema.TryParse(text, out var error);
        error.ShouldBeNull();
        return schema.ShouldNotBeNull();
    }
}
