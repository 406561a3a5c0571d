using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

public sealed class QuestionSetTests : IDisposable
{
    private static readonly string Tests = Path.Combine(Document.Repository, "tests");
    private static readonly QuestionSet Set = QuestionSet.Read(Tests);

    private readonly SearchIndex _index = QuestionSet.Index(Tests);

    public void Dispose() => _index.Dispose();

    [Fact]
    public void Nine_in_ten_questions_find_their_page_among_the_first_three()
    {
        var missed = Set.Questions.Where(asked => !QuestionSet.Found(_index, asked.Question, limit: 3).Contains(asked.Page)).Select(asked => asked.Question).ToArray();

        (1 - ((double)missed.Length / Set.Questions.Count)).ShouldBeGreaterThanOrEqualTo(0.9, string.Join('\n', missed));
    }

    [Fact]
    public void Four_in_five_questions_are_answered_by_the_right_sentence_first()
    {
        var wrong = Set.Questions
            .Where(asked => !QuestionSet.IsRight(_index, asked))
            .Select(asked => $"{asked.Question}: {QuestionSet.Answered(_index, asked.Question)}")
            .ToArray();

        (1 - ((double)wrong.Length / Set.Questions.Count)).ShouldBeGreaterThanOrEqualTo(0.8, string.Join('\n', wrong));
    }

    [Fact]
    public void How_long_a_refund_takes_is_told_by_the_sentence_and_not_by_the_menu() =>
        QuestionSet.Answered(_index, "How long does a refund take?").ShouldBe(
            ("refunds.html", "A refund takes five working days once the returned parcel has reached our warehouse."));

    [Fact]
    public void What_no_page_answers_is_not_answered() =>
        Set.Unanswerable.Where(question => QuestionSet.Answered(_index, question) is not null).ShouldBeEmpty();
}
