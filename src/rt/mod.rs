//! The seam: the only room that names glommio and io-uring.
