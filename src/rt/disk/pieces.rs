//! Few bytes into many files: one crossing to the thread for long calls, for all of them.

use std::io;
use std::path::PathBuf;

use crate::rt::backend::disk::calls;
use crate::rt::backend::spawn::blocking_long;

/// Bytes for a place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The file.
    pub path: PathBuf,
    /// Where in it, in bytes.
    pub at: u64,
    /// What is to stand there.
    pub bytes: Vec<u8>,
}

/// What files of pieces are like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Their length, in bytes: longer than what is written is a hole.
    pub len: u64,
    /// What stands in front of the first piece of a file that is made, given where that goes.
    pub front: fn(u64) -> Vec<u8>,
}

/// Writes pieces into their files, one after the other, up to the first that cannot be written.
/// A file that is not there is made, with the directories above it. The paths of those that were
/// tried, and whether the file was made; the last one may have failed: it may be made and written
/// in part.
pub async fn write_pieces(pieces: Vec<Piece>, shape: Shape) -> Vec<(PathBuf, io::Result<bool>)> {
    blocking_long(move || {
        let mut outcomes = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let outcome = write_piece(&piece, shape);
            let failed = outcome.is_err();
            outcomes.push((piece.path, outcome));
            if failed {
                break;
            }
        }
        outcomes
    })
    .await
}

/// Writes one; was its file made?
fn write_piece(piece: &Piece, shape: Shape) -> io::Result<bool> {
    match calls::write_part(&piece.path, shape.len, piece.at, &piece.bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        written => return written.map(|()| false),
    }
    if let Some(folder) = piece.path.parent() {
        calls::create_dir_all(folder)?;
    }
    calls::make_file(&piece.path)?;
    let bytes = [(shape.front)(piece.at), piece.bytes.clone()].concat();
    calls::write_part(&piece.path, shape.len, 0, &bytes)?;
    Ok(true)
}
