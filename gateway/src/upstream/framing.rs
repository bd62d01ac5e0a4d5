//! Where the body of a backend's answer ends (RFC 9112, 6 and 7).
//!
//! One idea: bytes in, pieces of body out, never beyond the end of the message. Whatever is ambiguous
//! is refused, because two readers who disagree on an end can be made to disagree on what comes next.
//! Must not know sockets.

use bytes::{Buf as _, Bytes, BytesMut};

/// Bytes of a chunk's line, its extensions included.
const CHUNK_LINE_BYTES_MAX: usize = 1_024;
/// Bytes of all trailer fields.
const TRAILER_BYTES_MAX: usize = 16 * 1_024;

/// How the rest of a body is framed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, or it has been read.
    Done,
    /// So many bytes.
    Length(u64),
    /// In chunks.
    Chunked(Chunk),
    /// Until the connection is closed.
    UntilClose,
}

/// Position in a body of chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunk {
    /// Before the line that tells a chunk's length.
    Line,
    /// Within a chunk, with so many bytes to come.
    Data(u64),
    /// Before the line end behind a chunk.
    End,
    /// Within the trailer fields, of which so many bytes were read.
    Trailer(usize),
}

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FramingError {
    #[error("the length of a chunk is no number")]
    ChunkLength,
    #[error("the line of a chunk is longer than {CHUNK_LINE_BYTES_MAX} bytes")]
    ChunkLine,
    #[error("a chunk does not end where it should")]
    ChunkEnd,
    #[error("trailer fields are longer than {TRAILER_BYTES_MAX} bytes")]
    Trailer,
}

impl Framing {
    pub(super) fn is_done(&self) -> bool {
        *self == Framing::Done
    }

    /// Bytes still to come, where that is known.
    pub(super) fn remaining(&self) -> Option<u64> {
        match self {
            Framing::Done => Some(0),
            Framing::Length(length) => Some(*length),
            Framing::Chunked(_) | Framing::UntilClose => None,
        }
    }

    /// Takes the next piece from what was read; `None` when there is none yet, or no more.
    ///
    /// # Errors
    /// When the bytes are no body of this framing.
    pub(super) fn take(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, FramingError> {
        match self {
            Framing::Done => Ok(None),
            Framing::Length(left) => {
                let piece = split(read, *left);
                *left -= piece.len() as u64;
                if *left == 0 {
                    *self = Framing::Done;
                }
                Ok(some(piece))
            }
            Framing::UntilClose => Ok(some(read.split().freeze())),
            Framing::Chunked(chunk) => {
                let piece = chunk.take(read)?;
                if piece.is_none() && matches!(chunk, Chunk::Trailer(usize::MAX)) {
                    *self = Framing::Done;
                }
                Ok(piece)
            }
        }
    }
}

impl Chunk {
    /// As [`Framing::take`]; at the end of the body the position is `Trailer(usize::MAX)`.
    fn take(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, FramingError> {
        loop {
            match self {
                Chunk::Line => {
                    let Some(line) = line(read, CHUNK_LINE_BYTES_MAX).ok_or(FramingError::ChunkLine)? else {
                        return Ok(None);
                    };
                    *self = match chunk_length(&line)? {
                        0 => Chunk::Trailer(0),
                        length => Chunk::Data(length),
                    };
                }
                Chunk::Data(left) => {
                    let piece = split(read, *left);
                    *left -= piece.len() as u64;
                    if *left == 0 {
                        *self = Chunk::End;
                    }
                    return Ok(some(piece));
                }
                Chunk::End => match read.get(..2) {
                    Some(b"\r\n") => {
                        read.advance(2);
                        *self = Chunk::Line;
                    }
                    Some(_) => return Err(FramingError::ChunkEnd),
                    None => return Ok(None),
                },
                Chunk::Trailer(usize::MAX) => return Ok(None),
                // Trailer fields are read and dropped: nobody here could act on them in time.
                Chunk::Trailer(bytes) => {
                    let left = TRAILER_BYTES_MAX - *bytes;
                    let Some(line) = line(read, left).ok_or(FramingError::Trailer)? else {
                        return Ok(None);
                    };
                    *bytes = if line.is_empty() { usize::MAX } else { *bytes + line.len() };
                }
            }
        }
    }
}

/// The next line without its end: `None` when it is longer than allowed, `Some(None)` when it is not
/// complete.
fn line(read: &mut BytesMut, bytes_max: usize) -> Option<Option<Bytes>> {
    let Some(end) = read.iter().take(bytes_max + 2).position(|byte| *byte == b'\n') else {
        return (read.len() < bytes_max + 2).then_some(None);
    };
    let mut line = read.split_to(end + 1).freeze();
    line.truncate(end);
    if line.ends_with(b"\r") {
        line.truncate(end - 1);
    }
    (line.len() <= bytes_max).then_some(Some(line))
}

fn chunk_length(line: &[u8]) -> Result<u64, FramingError> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = line[digits..].trim_ascii_start();
    if digits == 0 || !(rest.is_empty() || rest.starts_with(b";")) {
        return Err(FramingError::ChunkLength);
    }
    let text = std::str::from_utf8(&line[..digits]).map_err(|_| FramingError::ChunkLength)?;
    u64::from_str_radix(text, 16).map_err(|_| FramingError::ChunkLength)
}

fn split(read: &mut BytesMut, at_most: u64) -> Bytes {
    let length = usize::try_from(at_most).map_or(read.len(), |at_most| at_most.min(read.len()));
    read.split_to(length).freeze()
}

fn some(piece: Bytes) -> Option<Bytes> {
    (!piece.is_empty()).then_some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds bytes in steps; answers with the body, whether it ended, and what is left.
    fn read(
        mut framing: Framing,
        bytes: &[u8],
        step: usize,
    ) -> Result<(Vec<u8>, bool, Vec<u8>), FramingError> {
        let (mut body, mut buffer) = (Vec::new(), BytesMut::new());
        for piece in bytes.chunks(step) {
            buffer.extend_from_slice(piece);
            while let Some(piece) = framing.take(&mut buffer)? {
                body.extend_from_slice(&piece);
            }
        }
        Ok((body, framing.is_done(), buffer.to_vec()))
    }

    fn chunked(bytes: &[u8], step: usize) -> Result<(Vec<u8>, bool, Vec<u8>), FramingError> {
        read(Framing::Chunked(Chunk::Line), bytes, step)
    }

    #[test]
    fn body_ends_where_its_framing_says_however_it_comes() {
        let text = b"5\r\nhello\r\n01 ;x=y\r\n,\r\n0\r\nX: y\r\n\r\nnext";
        for step in 1..text.len() {
            let (body, is_done, left) = chunked(text, step).expect("well formed");
            assert_eq!((body.as_slice(), is_done, left.as_slice()), (&b"hello,"[..], true, &b"next"[..]));
            let (body, is_done, left) = read(Framing::Length(5), b"hello, next", step).expect("well formed");
            assert_eq!((body.as_slice(), is_done, left.as_slice()), (&b"hello"[..], true, &b", next"[..]));
            let (body, is_done, left) = read(Framing::UntilClose, b"hello", step).expect("well formed");
            assert_eq!((body.as_slice(), is_done, left.as_slice()), (&b"hello"[..], false, &b""[..]));
        }
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for (bytes, error) in [
            (&b"\r\n"[..], FramingError::ChunkLength),
            (b"x\r\n", FramingError::ChunkLength),
            (b"0x5\r\nhello", FramingError::ChunkLength),
            (b"-1\r\n", FramingError::ChunkLength),
            (b"5 5\r\nhello", FramingError::ChunkLength),
            (b"10000000000000000\r\n", FramingError::ChunkLength),
            (b"1\r\na\r\n 0\r\n\r\n", FramingError::ChunkLength),
            (b"1\r\nab\r\n", FramingError::ChunkEnd),
            (b"1\r\na\n0\r\n\r\n", FramingError::ChunkEnd),
        ] {
            assert_eq!(chunked(bytes, 100), Err(error), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn lines_are_bounded() {
        for (length, expected) in
            [(CHUNK_LINE_BYTES_MAX, Ok(())), (CHUNK_LINE_BYTES_MAX + 1, Err(FramingError::ChunkLine))]
        {
            let line = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(length - 2));
            for step in [1, 100_000] {
                assert_eq!(chunked(line.as_bytes(), step).map(drop), expected, "{length}");
            }
        }
        for (length, expected) in
            [(TRAILER_BYTES_MAX, Ok(())), (TRAILER_BYTES_MAX + 1, Err(FramingError::Trailer))]
        {
            let trailer = format!("0\r\nX:{}\r\n\r\n", "x".repeat(length - 2));
            for step in [1, 100_000] {
                assert_eq!(chunked(trailer.as_bytes(), step).map(drop), expected, "{length}");
            }
        }
    }
}
