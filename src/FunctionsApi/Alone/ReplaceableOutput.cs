using System.Buffers;
using System.IO.Pipelines;

namespace FunctionsApi.Alone;

/// <summary>A connection's output of which the last answer can be replaced. Not for several threads at once, as no output is.</summary>
internal sealed class ReplaceableOutput(PipeWriter output) : PipeWriter
{
    private byte[]? _answer;
    private byte[] _dropped = [];
    private bool _isSent;

    public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

    public override long UnflushedBytes => output.UnflushedBytes;

    /// <summary>Sends this in place of all that is written from now on.</summary>
    public void Replace(byte[] answer) => _answer = answer;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _answer is null ? output.GetMemory(sizeHint) : Dropped(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _answer is null ? output.GetSpan(sizeHint) : Dropped(sizeHint);

    public override void Advance(int bytes)
    {
        if (_answer is null)
            output.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_answer is not null && !_isSent)
            output.Write(_answer);
        _isSent = _answer is not null;
        return output.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => output.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => output.CompleteAsync(exception);

    private byte[] Dropped(int sizeHint)
    {
        const int Least = 4096;
        if (_dropped.Length < Math.Max(sizeHint, Least))
            _dropped = new byte[Math.Max(sizeHint, Least)];
        return _dropped;
    }
}
