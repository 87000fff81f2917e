// The one translation unit that compiles the bodies of Asio (the *_SEPARATE_COMPILATION of component.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
